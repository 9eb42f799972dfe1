package dev.hotcold.local;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One PostgreSQL database cluster on disk and the programs that create it and serve it. Nothing here guards against a
 * second process; the holder of the {@link DirectoryLock} calls.
 *
 * @param binaries the programs
 * @param directory the cluster's data directory, absolute; need not exist before {@link #create()}
 */
record PostgresCluster(PostgresBinaries binaries, Path directory) {
    /** Name of the role and of the database that {@link #create()} makes. */
    static final String SUPERUSER = "postgres";

    private static final Duration ORPHAN_LIMIT = Duration.ofSeconds(10);

    /** Given on every start, so that an older cluster follows a change. */
    private static final List<String> SERVER_SETTINGS = List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "timezone=UTC",
            "wal_level=logical",
            "max_wal_senders=10",
            "max_replication_slots=10",
            // An abandoned replication slot must not fill the disk of a development machine.
            "max_slot_wal_keep_size=1GB",
            "fsync=on",
            "synchronous_commit=on",
            "logging_collector=off",
            "log_destination=stderr");

    /** Creates the cluster when there is none. All or nothing: an interrupted creation begins again. */
    void create() throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path unfinished = directory.resolveSibling(directory.getFileName() + ".unfinished");
        PostgresBinaries.deleteTree(unfinished);
        // Trust: the server listens on the loopback address of one person's machine and holds demonstration data.
        List<String> command = binaries.command(
                "initdb",
                List.of(
                        "--pgdata=" + unfinished,
                        "--username=" + SUPERUSER,
                        "--auth=trust",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--no-instructions"));
        ServerProcess.run(
                command,
                ServerProcess.Ending.INT,
                "The embedded PostgreSQL cannot create its data in " + directory.getParent()
                        + " (DATABASE_URL names a server of your own)");
        Files.move(unfinished, directory, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Starts the server and returns once it accepts connections.
     *
     * @param settings further ones, {@code name=value}: of two that name the same thing the later wins
     */
    ServerProcess start(int port, List<String> settings) throws IOException {
        var arguments = new ArrayList<>(List.of("-D", directory.toString(), "-p", Integer.toString(port)));
        Stream.concat(SERVER_SETTINGS.stream(), settings.stream()).forEach(setting -> {
            arguments.add("-c");
            arguments.add(setting);
        });
        return ServerProcess.start(
                binaries.command("postgres", arguments),
                ServerProcess.Ending.INT,
                // A standby accepts read-only connections.
                "database system is ready to accept",
                "The embedded PostgreSQL does not start on " + directory + ", port " + port
                        + " (DATABASE_URL names a server of your own)");
    }

    /**
     * Makes way for a start after the previous owner was killed: stops the server that it left running on this very
     * directory, and removes a {@code postmaster.pid} whose process id has since gone to another program, which alone
     * would make PostgreSQL refuse to start.
     */
    void stopOrphan() throws IOException {
        Optional<ProcessHandle> named = pid().flatMap(ProcessHandle::of).filter(ProcessHandle::isAlive);
        if (named.isEmpty()) {
            return;
        }
        ProcessHandle.Info info = named.get().info();
        Optional<String> program =
                info.command().map(command -> Path.of(command).getFileName().toString());
        List<String> arguments = List.of(info.arguments().orElse(new String[0]));
        // Whatever the number of the process has gone to, only a server is started with this option on this directory.
        if (Collections.indexOfSubList(arguments, List.of("-D", directory.toString())) >= 0) {
            stop(named.get());
        } else if (program.isPresent() && !program.get().startsWith("postgres")) {
            Files.deleteIfExists(pidFile());
        }
    }

    private void stop(ProcessHandle server) throws IOException {
        try {
            run(
                    List.of("sh", "-c", "kill -s INT " + server.pid()),
                    "The PostgreSQL that an earlier run left on " + directory + " cannot be stopped");
        } catch (LocalServerException e) {
            // It may have been about to end by itself.
            if (server.isAlive()) {
                throw e;
            }
            return;
        }
        try {
            server.onExit()
                    .orTimeout(ORPHAN_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            // Where nothing reaps orphans (a container without an init process), the removed file shows that it has
            // ended.
            if (Files.exists(pidFile())) {
                throw new IOException("process " + server.pid() + ", left by an earlier run, does not end", e);
            }
        }
    }

    private Optional<Long> pid() throws IOException {
        try {
            return Files.readAllLines(pidFile()).stream().findFirst().map(line -> Long.parseLong(line.strip()));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    private Path pidFile() {
        return directory.resolve("postmaster.pid");
    }

    private static void run(List<String> command, String refusal) throws IOException {
        Process process = ServerProcess.builder(command).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new LocalServerException(refusal + ":\n" + output.strip());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + command.getFirst() + " ran");
        }
    }
}
