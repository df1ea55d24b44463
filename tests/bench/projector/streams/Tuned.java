import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * One processor, written by hand: nothing is keyed anew, since sums of partitions add up; JSON is read field by field;
 * ids are 16 bytes. The sums are in RocksDB behind Kafka Streams' cache, which writes each once for a commit; ids likewise,
 * and for ever.
 */
final class Tuned {
    private static final JsonFactory JSON = new JsonFactory();

    static Topology topology(String topic) {
        return new Topology()
                .addSource("calls", new ByteArrayDeserializer(), new ByteArrayDeserializer(), topic)
                .addProcessor("fold", Fold::new, "calls")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore("seen"), Serdes.Bytes(), Serdes.ByteArray()),
                        "fold")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                        Stores.persistentKeyValueStore("sums"), Serdes.String(), Bench.numbers())
                                .withCachingEnabled(),
                        "fold");
    }

    /** Folds the records of one partition. */
    private static final class Fold implements Processor<byte[], byte[], Void, Void> {
        private static final byte[] SEEN = {};
        private KeyValueStore<Bytes, byte[]> seen;
        private KeyValueStore<String, long[]> sums;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            seen = context.getStateStore("seen");
            sums = context.getStateStore("sums");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            Bench.Call call = read(record.value());
            UUID id = UUID.fromString(call.id);
            Bytes key = Bytes.wrap(
                    ByteBuffer.allocate(16)
                            .putLong(id.getMostSignificantBits())
                            .putLong(id.getLeastSignificantBits())
                            .array());
            if (seen.putIfAbsent(key, SEEN) != null) {
                return;
            }
            for (Bench.Contribution added : Bench.contributions(call)) {
                String cell = added.table() + "|" + added.key();
                sums.put(cell, Bench.sum(sums.get(cell), added.numbers()));
            }
        }
    }

    private static Bench.Call read(byte[] value) {
        Bench.Call call = new Bench.Call();
        try (JsonParser parser = JSON.createParser(value)) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "id" -> call.id = parser.getText();
                    case "day" -> call.day = parser.getText();
                    case "data" -> readData(parser, call);
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return call;
    }

    private static void readData(JsonParser parser, Bench.Call call) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "direction" -> call.direction = parser.getText();
                case "outcome" -> call.outcome = parser.getText();
                case "queue" -> call.queue = parser.getText();
                case "rep" -> call.rep = parser.getText();
                case "tactic" -> call.tactic = parser.getText();
                case "answered_by" -> call.answeredBy = parser.getText();
                case "enqueued_at" -> call.enqueuedAt = parser.getText();
                case "answered_at" -> call.answeredAt = parser.getText();
                case "ended_at" -> call.endedAt = parser.getText();
                case "wait_seconds" -> call.waitSeconds = parser.getLongValue();
                case "ring_seconds" -> call.ringSeconds = parser.getLongValue();
                case "talk_seconds" -> call.talkSeconds = parser.getLongValue();
                case "hold_seconds" -> call.holdSeconds = parser.getLongValue();
                case "wrap_seconds" -> call.wrapSeconds = parser.getLongValue();
                default -> parser.skipChildren();
            }
        }
    }
}
