package dev.hotcold.local;

import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.RedisClients;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Three real Sentinels that watch a Redis under the name {@code main}. */
public final class RedisSentinels implements AutoCloseable {

    public static final String NAME = "main";

    private static final Duration STARTED = Duration.ofSeconds(20);
    private static final int SENTINELS = 3;

    private final List<Process> processes = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    /**
     * Starts them, and waits until they know each other and the replicas.
     *
     * @param directory of their files
     * @param replicas how many the primary has
     * @param settings further lines of their configuration
     */
    public RedisSentinels(Path directory, LocalRedis primary, int replicas, String... settings) {
        try {
            Path home = directory.resolve("sentinels-" + primary.port());
            PostgresBinaries.deleteTree(home);
            Path program = RedisBinary.unpack(Files.createDirectories(home));
            for (int i = 0; i < SENTINELS; i++) {
                start(program, home.resolve(i + ".conf"), primary, settings);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int port : ports) {
            await().atMost(STARTED).ignoreExceptions().until(() -> knows(port, replicas));
        }
    }

    private void start(Path program, Path configuration, LocalRedis primary, String... settings) throws IOException {
        int port = freePort();
        List<String> lines = new ArrayList<>(List.of(
                "port " + port,
                "bind 127.0.0.1",
                "sentinel monitor " + NAME + " 127.0.0.1 " + primary.port() + " 2",
                "sentinel down-after-milliseconds " + NAME + " 1000",
                "sentinel failover-timeout " + NAME + " 5000"));
        lines.addAll(List.of(settings));
        Files.write(configuration, lines);
        processes.add(new ProcessBuilder(program.toString(), configuration.toString(), "--sentinel")
                .redirectErrorStream(true)
                .redirectOutput(configuration
                        .resolveSibling(configuration.getFileName() + ".log")
                        .toFile())
                .start());
        ports.add(port);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean knows(int port, int replicas) {
        return ask(
                port,
                sentinel -> sentinel.sync().replicas(NAME).size() == replicas
                        && Integer.toString(SENTINELS - 1)
                                .equals(sentinel.sync().master(NAME).get("num-other-sentinels")));
    }

    /** The port of the primary, as the first Sentinel knows it. */
    public int primary() {
        return ask(
                ports.getFirst(),
                sentinel -> ((InetSocketAddress) sentinel.sync().getMasterAddrByName(NAME)).getPort());
    }

    /** Makes them put a replica in the primary's place. */
    public void failOver() {
        int before = primary();
        ask(ports.getFirst(), sentinel -> sentinel.sync().failover(NAME));
        await().atMost(STARTED).until(() -> primary() != before);
    }

    /** Has each of them run a command. */
    public void commandEach(String command, String... words) {
        for (int port : ports) {
            ask(
                    port,
                    sentinel -> sentinel.sync()
                            .dispatch(
                                    CommandType.valueOf(command),
                                    new StatusOutput<>(StringCodec.UTF8),
                                    new CommandArgs<>(StringCodec.UTF8).addValues(List.of(words))));
        }
    }

    /** Whether the service listens to a channel of each of them. */
    public boolean areAllHeard() {
        return ports.stream()
                .allMatch(port -> ask(port, sentinel -> sentinel.sync().clientList())
                        .lines()
                        .anyMatch(line -> line.contains("name=hotcold-user-api") && line.contains(" sub=1 ")));
    }

    /** {@code REDIS_ADDR} of them. */
    public String address() {
        return "redis-sentinel://" + hosts() + "/0?master=" + NAME;
    }

    /** The address of one of them. */
    public String first() {
        return "127.0.0.1:" + ports.getFirst();
    }

    /** Their addresses. */
    public String hosts() {
        return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    private static <T> T ask(int port, Function<StatefulRedisSentinelConnection<String, String>, T> question) {
        RedisClient client = RedisClients.of(RedisURI.create("127.0.0.1", port));
        try (var connection = client.connectSentinel()) {
            return question.apply(connection);
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }
}
