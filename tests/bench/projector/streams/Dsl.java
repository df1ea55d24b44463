import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The DSL as an honest developer writes it: each table is an aggregation of a stream that is keyed anew, so what each call
 * adds goes through a repartition topic. Repetitions are ignored by a RocksDB store of ids, which keeps them for ever.
 */
final class Dsl {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Topology topology(String topic) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore("seen"), Serdes.String(), Serdes.ByteArray()));
        KStream<byte[], Bench.Call> calls =
                builder.stream(topic, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                        .mapValues(Dsl::read)
                        .processValues(First::new, "seen");
        for (String table : List.of("rep_day", "queue_interval", "tactic_day")) {
            calls.flatMap((key, call) -> keyed(table, call))
                    .groupByKey(Grouped.with(table, Serdes.String(), Bench.numbers()))
                    .aggregate(
                            () -> null,
                            (key, added, sum) -> Bench.sum(sum, added),
                            Materialized.<String, long[], KeyValueStore<Bytes, byte[]>>as(table)
                                    .withKeySerde(Serdes.String())
                                    .withValueSerde(Bench.numbers()));
        }
        Properties optimized = new Properties();
        optimized.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        return builder.build(optimized);
    }

    private static List<KeyValue<String, long[]>> keyed(String table, Bench.Call call) {
        List<KeyValue<String, long[]>> all = new ArrayList<>(3);
        for (Bench.Contribution added : Bench.contributions(call)) {
            if (added.table().equals(table)) {
                all.add(KeyValue.pair(added.key(), added.numbers()));
            }
        }
        return all;
    }

    private static Bench.Call read(byte[] value) {
        try {
            JsonNode event = JSON.readTree(value);
            JsonNode data = event.get("data");
            Bench.Call call = new Bench.Call();
            call.id = event.get("id").asText();
            call.day = event.get("day").asText();
            call.direction = text(data, "direction");
            call.outcome = text(data, "outcome");
            call.queue = text(data, "queue");
            call.rep = text(data, "rep");
            call.tactic = text(data, "tactic");
            call.answeredBy = text(data, "answered_by");
            call.enqueuedAt = text(data, "enqueued_at");
            call.answeredAt = text(data, "answered_at");
            call.endedAt = text(data, "ended_at");
            call.wait = data.path("wait_seconds").asLong();
            call.ring = data.path("ring_seconds").asLong();
            call.talk = data.path("talk_seconds").asLong();
            call.hold = data.path("hold_seconds").asLong();
            call.wrap = data.path("wrap_seconds").asLong();
            return call;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static String text(JsonNode data, String name) {
        JsonNode found = data.get(name);
        return found == null ? null : found.asText();
    }

    /** Lets the first record with an id pass. */
    private static final class First implements FixedKeyProcessor<byte[], Bench.Call, Bench.Call> {
        private static final byte[] SEEN = {1};
        private FixedKeyProcessorContext<byte[], Bench.Call> context;
        private KeyValueStore<String, byte[]> seen;

        @Override
        public void init(FixedKeyProcessorContext<byte[], Bench.Call> context) {
            this.context = context;
            seen = context.getStateStore("seen");
        }

        @Override
        public void process(FixedKeyRecord<byte[], Bench.Call> record) {
            if (seen.putIfAbsent(record.value().id, SEEN) == null) {
                context.forward(record);
            }
        }
    }
}
