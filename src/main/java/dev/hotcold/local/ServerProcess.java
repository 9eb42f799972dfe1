package dev.hotcold.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server process that answers until its owner is done with it, and not much longer.
 *
 * <p>A small shell process, the keeper, stands between this process and the server. It keeps the terminal's Ctrl-C from
 * the server, which has to answer until its owner has drained; it ends the server when its own standard input ends, which
 * happens on {@link #close()} and just as well when this process is killed; and it lasts exactly as long as the server.
 */
final class ServerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);
    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    /**
     * Arguments: the signal that ends the server, then the server's command line. Prints the server's process id, then
     * whatever the server prints. A session, or where there is no setsid (macOS) a process group, of the server's own
     * keeps the terminal's signals from it.
     */
    private static final String KEEPER = """
            trap '' INT TERM HUP
            signal=$1
            shift
            exec 3<&0
            if command -v setsid >/dev/null 2>&1; then
                setsid sh -c 'echo $$; exec "$@"' server "$@" 3<&- &
            else
                set -m
                sh -c 'echo $$; exec "$@"' server "$@" 3<&- &
            fi
            server=$!
            { while read -r line; do :; done; kill -s "$signal" "$server"; } <&3 >/dev/null 2>&1 &
            watcher=$!
            exec 3<&-
            wait "$server"
            kill -s KILL "$watcher" 2>/dev/null
            """;

    /** How a server is told to end. */
    enum Ending {
        /** SIGINT: PostgreSQL disconnects its clients, writes a checkpoint and ends. */
        INT,
        /** SIGKILL: for a server that has nothing to save. */
        KILL
    }

    private final Process keeper;
    private final long pid;

    private ServerProcess(Process keeper, long pid) {
        this.keeper = keeper;
        this.pid = pid;
    }

    /**
     * Starts a server and returns once it has printed a line that contains {@code readyMark}; ends a server that has not
     * within a minute.
     *
     * @param refusal how the message of the {@link LocalServerException} begins when the server ends instead; what the
     *     server printed follows
     */
    static ServerProcess start(List<String> command, Ending ending, String readyMark, String refusal)
            throws IOException {
        var keeperCommand = new ArrayList<>(List.of("sh", "-c", KEEPER, "keeper", ending.name()));
        keeperCommand.addAll(command);
        Process keeper = builder(keeperCommand).start();
        CompletableFuture<Void> limit = CompletableFuture.runAsync(
                () -> closeInput(keeper),
                CompletableFuture.delayedExecutor(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        BufferedReader output = keeper.inputReader(StandardCharsets.UTF_8);
        var said = new StringBuilder();
        long pid = 0;
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (pid == 0 && !line.isEmpty() && line.chars().allMatch(Character::isDigit)) {
                pid = Long.parseLong(line);
                continue;
            }
            if (line.contains(readyMark)) {
                limit.cancel(false);
                Thread.ofPlatform().daemon().name("local-server-log").start(() -> log(output));
                return new ServerProcess(keeper, pid);
            }
            said.append('\n').append(line);
        }
        limit.cancel(false);
        throw new LocalServerException(refusal + ":" + said);
    }

    private static void closeInput(Process keeper) {
        try {
            keeper.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A process whose two outputs are one, in English, and untouched by variables that are meant for other servers. */
    static ProcessBuilder builder(List<String> command) {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    private static void log(BufferedReader output) {
        try (output) {
            output.lines().forEach(LOG::debug);
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("the output of an embedded server ended", e);
        }
    }

    /** Process id of the server itself. */
    long pid() {
        return pid;
    }

    /** Ends the server, by force when it takes longer than three seconds, and waits for its end. Idempotent. */
    @Override
    public void close() throws IOException {
        try {
            closeInput(keeper);
            if (!keeper.waitFor(STOP_LIMIT)) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
                keeper.waitFor();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while an embedded server was stopping");
        }
    }
}
