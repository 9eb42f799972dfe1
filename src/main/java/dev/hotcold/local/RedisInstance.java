package dev.hotcold.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of one embedded Redis, which its owner has locked. It holds nothing but the lock and the pid file, whose path
 * is on the server's command line too: so a later start finds a server whose owner was killed, and knows that it is one of ours.
 *
 * <p>Closing it frees and deletes the directory.
 */
final class RedisInstance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisInstance.class);
    private static final Duration ORPHAN_LIMIT = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final String PID_FILE = "redis.pid";
    private static final String PID_OPTION = "--pidfile";

    private final Path directory;
    private final DirectoryLock lock;

    private RedisInstance(Path directory, DirectoryLock lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /** Creates one below {@code home}, an existing directory, as its real path. */
    static RedisInstance create(Path home) throws IOException {
        Path directory = Files.createTempDirectory(home, "instance-");
        return new RedisInstance(directory, DirectoryLock.acquire(directory));
    }

    /** The options by which a server is known as that of this instance. */
    List<String> options() {
        // The title that Redis gives itself would overwrite its command line.
        return List.of(PID_OPTION, directory.resolve(PID_FILE).toString(), "--set-proc-title", "no");
    }

    /** Kills the servers below {@code home} whose owners are gone, and deletes their directories. */
    static void endOrphans(Path home) throws IOException {
        try (Stream<Path> instances = Files.list(home)) {
            // Without a pid file no server has started there, and its owner may be about to lock it.
            for (Path instance : instances
                    .filter(directory -> Files.exists(directory.resolve(PID_FILE)))
                    .toList()) {
                endOrphan(instance);
            }
        }
    }

    private static void endOrphan(Path directory) throws IOException {
        try (var _ = DirectoryLock.acquire(directory)) {
            Path pidFile = directory.resolve(PID_FILE);
            Optional<ProcessHandle> orphan =
                    pid(pidFile).flatMap(ProcessHandle::of).filter(process -> isServer(process, pidFile));
            if (orphan.isPresent() && !kill(orphan.get(), pidFile)) {
                LOG.warn(
                        "The Redis of an earlier run, process {}, does not end",
                        orphan.get().pid());
                return;
            }
            PostgresBinaries.deleteTree(directory);
        } catch (LocalServerException inUse) {
            LOG.debug("Another process runs a Redis on {}", directory, inUse);
        } catch (NoSuchFileException gone) {
            LOG.debug("Its owner has just deleted {}", directory, gone);
        }
    }

    /** Whether a process is the server with this pid file: its number may have gone to another program. */
    private static boolean isServer(ProcessHandle process, Path pidFile) {
        List<String> arguments = List.of(process.info().arguments().orElse(new String[0]));
        int option = arguments.indexOf(PID_OPTION);
        return option >= 0
                && option + 1 < arguments.size()
                && arguments.get(option + 1).equals(pidFile.toString());
    }

    /** Returns whether the server has ended. Where nothing reaps orphans, what is left of it has no command line. */
    private static boolean kill(ProcessHandle server, Path pidFile) {
        server.destroyForcibly();
        long deadline = System.nanoTime() + ORPHAN_LIMIT.toNanos();
        while (server.isAlive() && isServer(server, pidFile)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            try {
                server.onExit()
                        .orTimeout(POLL.toMillis(), TimeUnit.MILLISECONDS)
                        .join();
            } catch (CompletionException stillThere) {
                LOG.trace("Process {} has not ended yet", server.pid(), stillThere);
            }
        }
        return true;
    }

    private static Optional<Long> pid(Path pidFile) throws IOException {
        String text = Files.readString(pidFile).strip();
        return text.matches("[0-9]{1,18}") ? Optional.of(Long.valueOf(text)) : Optional.empty();
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            PostgresBinaries.deleteTree(directory);
        }
    }
}
