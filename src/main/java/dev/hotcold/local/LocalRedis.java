package dev.hotcold.local;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import redis.embedded.core.ExecutableProvider;

/** A real Redis server of this process's own, on the loopback address, that keeps nothing on disk. */
public final class LocalRedis implements AutoCloseable {
    private final ServerProcess server;
    private final int port;

    private LocalRedis(ServerProcess server, int port) {
        this.server = server;
        this.port = port;
    }

    /** {@link #start(int)} on a free port. */
    public static LocalRedis start() {
        return start(0);
    }

    /**
     * Starts an empty server and returns once it accepts connections. Fails with {@link LocalServerException}.
     *
     * @param port TCP port; 0 = a free one
     */
    public static LocalRedis start(int port) {
        LocalServers.require("Redis", "REDIS_ADDR");
        try {
            return LocalServers.startOn(port, LocalRedis::launch);
        } catch (IOException e) {
            throw new LocalServerException(
                    "The embedded Redis cannot start: " + e + ". Set REDIS_ADDR to a server of your own.", e);
        }
    }

    private static LocalRedis launch(int port) throws IOException {
        Path directory = Files.createTempDirectory("hotcold-redis-");
        try {
            // The library's own start is not used: it registers a shutdown hook, which would end the server before its
            // owner has drained, and leaves its files behind when the owner is killed.
            File executable = ExecutableProvider.newJarResourceProvider(directory.toFile())
                    .get();
            return new LocalRedis(
                    ServerProcess.start(
                            command(executable, port),
                            ServerProcess.Ending.KILL,
                            "Ready to accept connections",
                            "The embedded Redis does not start on port " + port + " (REDIS_ADDR names a server of your"
                                    + " own)"),
                    port);
        } finally {
            // The running server keeps its executable; the name is no longer needed.
            PostgresBinaries.deleteTree(directory);
        }
    }

    private static List<String> command(File executable, int port) {
        return List.of(
                executable.getPath(),
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--save",
                "",
                "--appendonly",
                "no",
                "--maxmemory",
                "512mb",
                "--maxmemory-policy",
                "allkeys-lru");
    }

    /** TCP port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Process id of the server itself. */
    public long pid() {
        return server.pid();
    }

    /** How to reach the server, as {@code REDIS_ADDR} would say it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Ends the server and waits for its end. Idempotent; also frees what is left of a server that was killed. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded Redis did not stop", e);
        }
    }
}
