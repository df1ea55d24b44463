import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;

/** Kafka Streams with the three folds of the benchmark: `Bench dsl|tuned BOOTSTRAP TOPIC APPLICATION FOLDER`. */
public final class Bench {
    private static final String[] QUARTERS = {"00", "15", "30", "45"};

    /** What a call adds: to which table, under which key, and the numbers. */
    record Contribution(String table, String key, long[] numbers) {}

    /** What the folds need of a record. */
    static final class Call {
        public String id, day, direction, outcome, queue, rep, tactic, answeredBy, enqueuedAt, answeredAt, endedAt;
        public long waitSeconds, ringSeconds, talkSeconds, holdSeconds, wrapSeconds;
    }

    static List<Contribution> contributions(Call call) {
        List<Contribution> all = new ArrayList<>(5);
        repDay(call, all);
        queueInterval(call, all);
        tacticDay(call, all);
        return all;
    }

    static void repDay(Call call, List<Contribution> all) {
        if (call.rep != null) {
            long answered = call.answeredAt == null ? 0 : 1;
            long outbound = call.direction.equals("outbound") ? 1 : 0;
            long transferred = call.outcome.startsWith("transferred_") ? 1 : 0;
            long[] numbers = {
                1,
                answered,
                outbound,
                transferred,
                call.ringSeconds,
                call.talkSeconds,
                call.holdSeconds,
                call.wrapSeconds
            };
            all.add(new Contribution("rep_day", call.rep + "|" + call.day, numbers));
        }
    }

    static void queueInterval(Call call, List<Contribution> all) {
        if (call.queue != null) {
            String rest = "|" + call.outcome + "|" + (call.answeredAt == null ? 0 : 1) + "|" + edge(call.waitSeconds);
            clock(all, call, "|enqueue", call.enqueuedAt, rest);
            clock(all, call, "|answer", call.answeredAt, rest);
            clock(all, call, "|end", call.endedAt, rest);
        }
    }

    static void tacticDay(Call call, List<Contribution> all) {
        long answered = call.answeredAt == null ? 0 : 1;
        long live = "live".equals(call.answeredBy) ? 1 : 0;
        long[] numbers = {1, answered, call.talkSeconds, live};
        all.add(new Contribution("tactic_day", call.tactic + "|" + call.day, numbers));
    }

    private static void clock(List<Contribution> all, Call call, String clock, String at, String rest) {
        if (at != null) {
            int minute = (at.charAt(14) - '0') * 10 + at.charAt(15) - '0';
            String key = call.queue + "|" + at.substring(0, 14) + QUARTERS[minute / 15] + clock + rest;
            all.add(new Contribution("queue_interval", key, new long[] {1, call.waitSeconds}));
        }
    }

    private static long edge(long wait) {
        if (wait <= 60) {
            return wait;
        }
        return wait <= 300 ? (wait - 1) / 5 * 5 + 5 : (wait - 1) / 60 * 60 + 60;
    }

    static long[] sum(long[] one, long[] other) {
        if (one == null) {
            return other;
        }
        long[] sum = one.clone();
        for (int place = 0; place < sum.length; place++) {
            sum[place] += other[place];
        }
        return sum;
    }

    /** Numbers as the bytes of their 64 bits. */
    static Serde<long[]> numbers() {
        Serializer<long[]> serializer = (topic, numbers) -> {
            if (numbers == null) {
                return null;
            }
            ByteBuffer buffer = ByteBuffer.allocate(8 * numbers.length);
            buffer.asLongBuffer().put(numbers);
            return buffer.array();
        };
        Deserializer<long[]> deserializer = (topic, bytes) -> {
            if (bytes == null) {
                return null;
            }
            long[] numbers = new long[bytes.length / 8];
            ByteBuffer.wrap(bytes).asLongBuffer().get(numbers);
            return numbers;
        };
        return Serdes.serdeFrom(serializer, deserializer);
    }

    private static Properties settings(String bootstrap, String application, String folder) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 128 << 20);
        settings.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 8_000);
        settings.put(StreamsConfig.producerPrefix("linger.ms"), 50);
        settings.put(StreamsConfig.producerPrefix("batch.size"), 256 << 10);
        return settings;
    }

    public static void main(String[] arguments) throws InterruptedException {
        String topic = arguments[2];
        Topology topology = arguments[0].equals("dsl") ? Dsl.topology(topic) : Tuned.topology(topic);
        KafkaStreams streams = new KafkaStreams(topology, settings(arguments[1], arguments[3], arguments[4]));
        CountDownLatch failed = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            failed.countDown();
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        failed.await();
        System.exit(1);
    }
}
