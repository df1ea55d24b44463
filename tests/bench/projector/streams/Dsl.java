import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.BiConsumer;
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
    private static final ObjectMapper JSON = new ObjectMapper()
            .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    static Topology topology(String topic) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore("seen"), Serdes.String(), Serdes.ByteArray()));
        KStream<byte[], Bench.Call> calls =
                builder.stream(topic, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                        .mapValues(Dsl::read)
                        .processValues(First::new, "seen");
        sum(calls, "rep_day", Bench::repDay);
        sum(calls, "queue_interval", Bench::queueInterval);
        sum(calls, "tactic_day", Bench::tacticDay);
        Properties optimized = new Properties();
        optimized.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        return builder.build(optimized);
    }

    private static void sum(
            KStream<byte[], Bench.Call> calls, String table, BiConsumer<Bench.Call, List<Bench.Contribution>> adds) {
        calls.flatMap((key, call) -> keyed(call, adds))
                .groupByKey(Grouped.with(table, Serdes.String(), Bench.numbers()))
                .aggregate(
                        () -> null,
                        (key, added, sum) -> Bench.sum(sum, added),
                        Materialized.<String, long[], KeyValueStore<Bytes, byte[]>>as(table)
                                .withKeySerde(Serdes.String())
                                .withValueSerde(Bench.numbers()));
    }

    private static List<KeyValue<String, long[]>> keyed(
            Bench.Call call, BiConsumer<Bench.Call, List<Bench.Contribution>> adds) {
        List<Bench.Contribution> all = new ArrayList<>(3);
        adds.accept(call, all);
        return all.stream().map(added -> KeyValue.pair(added.key(), added.numbers())).toList();
    }

    private static Bench.Call read(byte[] value) {
        try {
            Told told = JSON.readValue(value, Told.class);
            told.data.id = told.id;
            told.data.day = told.day;
            return told.data;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** A record, as far as the folds need it. */
    static final class Told {
        public String id, day;
        public Bench.Call data;
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
