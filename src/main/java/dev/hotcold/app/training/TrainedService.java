package dev.hotcold.app.training;

import dev.hotcold.app.StartFailure;
import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.config.Config;
import dev.hotcold.hot.connection.RedisEndpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A service in a process of its own, whose output is passed on. Closing it kills what is left of it. */
public final class TrainedService implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);

    /** As it ends, the JVM writes its cache, which takes much longer than the service's own end. */
    private static final Duration END = Duration.ofMinutes(3);

    /** What it keeps of the environment: no setting, and no option for the JVM but those of the launcher. */
    private static final List<String> KEPT = List.of("PATH", "HOME", "JAVA_HOME", "JAVA_OPTS", "TMPDIR", "LANG");

    private static final Pattern UP = Pattern.compile("http://localhost:(\\d+)/v1/users");

    private final Process process;
    private final Thread reader;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();

    private TrainedService(Process process) {
        this.process = process;
        this.reader = Thread.ofVirtual().start(() -> passOn(process.inputReader()));
    }

    /**
     * Starts it by a command.
     *
     * @param config names the servers that the service is to use
     */
    public static TrainedService start(List<String> command, Config config) throws IOException {
        PostgresEndpoint postgres = config.stores().postgres().endpoint();
        RedisEndpoint redis = config.stores().redis().endpoint();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().retainAll(KEPT);
        builder.environment()
                .putAll(Map.of(
                        "PORT",
                        "0",
                        "MANAGEMENT_PORT",
                        "0",
                        "DATABASE_URL",
                        "postgres://%s@%s:%d/%s?sslmode=disable"
                                .formatted(postgres.user(), postgres.host(), postgres.port(), postgres.database()),
                        "REDIS_ADDR",
                        redis.location().toString()));
        return new TrainedService(builder.start());
    }

    /** Waits until it is up. */
    public int awaitPort() throws StartFailure, InterruptedException {
        try {
            return port.get(START.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new StartFailure("the service did not come up: " + failure.getMessage());
        }
    }

    /** Ends it as an operator would, and waits until it has ended. */
    public void end() throws StartFailure, InterruptedException {
        process.toHandle().destroy(); // The process itself would be cut off from its output too.
        if (!process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
            throw new StartFailure("the service did not end");
        }
        reader.join();
        if (process.exitValue() != 0) {
            throw new StartFailure("the service ended with exit code " + process.exitValue());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private void passOn(BufferedReader output) {
        try (output) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                System.out.println(line);
                Matcher up = UP.matcher(line);
                if (up.find()) {
                    port.complete(Integer.valueOf(up.group(1)));
                }
            }
            port.completeExceptionally(new IllegalStateException("it ended"));
        } catch (IOException failure) {
            port.completeExceptionally(new UncheckedIOException(failure));
        }
    }
}
