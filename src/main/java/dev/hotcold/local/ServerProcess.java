package dev.hotcold.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server process that answers until its owner is done with it, and not much longer.
 *
 * <p>A small shell process, the keeper, stands between this process and the server, and lasts exactly as long as the server.
 * It ends the server when its own standard input ends, which happens on {@link #close()} and just as well when this process
 * is killed. Keeper and server have a session of their own: neither the terminal's Ctrl-C, which must not reach the server
 * before its owner has drained, nor a signal to the owner's whole process group, SIGKILL included, ends the one or the other.
 */
final class ServerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);
    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    /**
     * Arguments: the keeper's script, then its arguments. Runs the keeper in a session of its own, or where there is no
     * setsid (macOS) in a process group of its own: that is out of the reach of signals to the owner's group as well.
     */
    private static final String LAUNCHER = """
            keeper=$1
            shift
            command -v setsid >/dev/null 2>&1 && exec setsid sh -c "$keeper" keeper "$@"
            trap '' INT TERM HUP
            exec 3<&0
            set -m
            sh -c "$keeper" keeper "$@" <&3 3<&- &
            exec 3<&- </dev/null
            wait "$!"
            """;

    /**
     * Arguments: the signal that ends the server, then the server's command line. Prints the server's process id, then
     * whatever the server prints, and exits as it does.
     */
    private static final String KEEPER = """
            trap '' INT TERM HUP
            signal=$1
            shift
            exec 3<&0
            sh -c 'echo $$; exec "$@"' server "$@" </dev/null 3<&- &
            server=$!
            { while read -r line; do :; done; kill -s "$signal" "$server"; } <&3 >/dev/null 2>&1 &
            watcher=$!
            exec 3<&- </dev/null
            wait "$server"
            status=$?
            kill -s KILL "$watcher" 2>/dev/null
            exit "$status"
            """;

    /** The signal that ends a server. */
    enum Ending {
        /** SIGINT: PostgreSQL disconnects its clients, writes a checkpoint and ends. */
        INT,
        /** SIGKILL: for a server that has nothing to save. */
        KILL
    }

    /** What a server that is linked with musl says instead of {@link LocalServers#PORT_TAKEN}, which people search for. */
    private static final String PORT_TAKEN_BY_MUSL = "Address in use";

    /** The keepers of what somebody waits for. */
    private static final Set<Process> STARTING = ConcurrentHashMap.newKeySet();

    private static volatile boolean givenUp;

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
        Process keeper = keep(command, ending);
        try {
            return awaitReady(keeper, readyMark, refusal);
        } finally {
            STARTING.remove(keeper);
        }
    }

    private static ServerProcess awaitReady(Process keeper, String readyMark, String refusal) throws IOException {
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
            said.append('\n').append(line.replace(PORT_TAKEN_BY_MUSL, LocalServers.PORT_TAKEN));
        }
        limit.cancel(false);
        throw new LocalServerException(refusal + ":" + said);
    }

    /**
     * Runs a program that ends by itself; it is ended with this process, as a server is.
     *
     * @param refusal how the message of the {@link LocalServerException} begins when the program fails; what it printed follows
     */
    static void run(List<String> command, Ending ending, String refusal) throws IOException {
        Process keeper = keep(command, ending);
        String output = new String(keeper.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (keeper.waitFor() != 0) {
                // Behind the process id.
                throw new LocalServerException(refusal + ":\n"
                        + output.substring(output.indexOf('\n') + 1).strip());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + command.getFirst() + " ran");
        } finally {
            STARTING.remove(keeper);
        }
    }

    private static Process keep(List<String> command, Ending ending) throws IOException {
        var keeperCommand = new ArrayList<>(List.of("sh", "-c", LAUNCHER, "launcher", KEEPER, ending.name()));
        keeperCommand.addAll(command);
        Process keeper = builder(keeperCommand).start();
        STARTING.add(keeper);
        if (givenUp) {
            closeInput(keeper);
        }
        return keeper;
    }

    /** Ends what is being started, and whatever is started from now on: whoever waits for it gets a {@link LocalServerException}. */
    static void giveUpStarting() {
        givenUp = true;
        STARTING.forEach(ServerProcess::closeInput);
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
