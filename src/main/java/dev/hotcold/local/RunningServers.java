package dev.hotcold.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the embedded servers of a running service listen, for other programs on this machine: the file {@code servers.env} in its
 * data directory, as settings say it. The service keeps the file locked, so that what a killed one has left does not count.
 *
 * @param postgresPort empty = it has no embedded PostgreSQL
 * @param redisPort empty = it has no embedded Redis
 */
public record RunningServers(OptionalInt postgresPort, OptionalInt redisPort) {

    private static final String FILE = "servers.env";

    private static final RunningServers NONE = new RunningServers(OptionalInt.empty(), OptionalInt.empty());

    /** Those of a service that runs on this directory. */
    public static RunningServers find(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            return isLocked(file) ? parse(Files.readString(file)) : NONE;
        } catch (IOException notThere) {
            return NONE;
        }
    }

    private static boolean isLocked(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            @Nullable FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
            return lock == null;
        } catch (OverlappingFileLockException byThisProcess) {
            return true;
        }
    }

    private static RunningServers parse(String text) {
        return new RunningServers(port(text, "DATABASE_URL"), port(text, "REDIS_ADDR"));
    }

    private static OptionalInt port(String text, String setting) {
        Matcher line = Pattern.compile("^" + setting + "=.*127\\.0\\.0\\.1:([0-9]{1,5})\\b", Pattern.MULTILINE)
                .matcher(text);
        return line.find() ? OptionalInt.of(Integer.parseInt(line.group(1))) : OptionalInt.empty();
    }

    /**
     * Says where the servers of this process listen, until the result is closed. Where another service has said so in the same
     * directory, that stands.
     */
    public Announcement announce(Path directory) {
        try {
            Files.createDirectories(directory);
            FileChannel channel = FileChannel.open(
                    directory.resolve(FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                return new Announcement(channel, false);
            }
            channel.truncate(0);
            channel.write(StandardCharsets.US_ASCII.encode(toText()));
            return new Announcement(channel, true);
        } catch (IOException failure) {
            throw new LocalServerException("Cannot write " + directory.resolve(FILE) + ": " + failure, failure);
        }
    }

    private String toText() {
        StringBuilder text = new StringBuilder();
        postgresPort.ifPresent(port -> text.append("DATABASE_URL=")
                .append(LocalPostgres.databaseUrl(port))
                .append('\n'));
        redisPort.ifPresent(
                port -> text.append("REDIS_ADDR=127.0.0.1:").append(port).append('\n'));
        return text.toString();
    }

    /** What is said, as long as it holds. */
    public static final class Announcement implements AutoCloseable {

        private final FileChannel channel;
        private final boolean isOurs;

        private Announcement(FileChannel channel, boolean isOurs) {
            this.channel = channel;
            this.isOurs = isOurs;
        }

        @Override
        public void close() {
            try (channel) {
                if (isOurs) {
                    channel.truncate(0);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
