package dev.hotcold.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One process's exclusive use of a directory. It ends with {@link #close()}, or with the process, however that ends.
 *
 * <p>The file {@code lock} in the directory carries the lock and names the holder. It is never deleted: a deleted lock
 * file can be held by one process while another creates and holds a new one.
 */
final class DirectoryLock implements AutoCloseable {
    /**
     * Directories held by this process. Asked before the file is opened, because on POSIX systems closing any descriptor
     * of a file drops every lock the process has on it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes the lock or fails with {@link LocalServerException} at once.
     *
     * @param directory an existing directory, as its real path
     */
    static DirectoryLock acquire(Path directory) throws IOException {
        if (!HELD.add(directory)) {
            throw held(directory, "this process");
        }
        FileChannel channel = null;
        try {
            Path file = directory.resolve("lock");
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            @Nullable FileLock lock = channel.tryLock();
            if (lock == null) {
                throw held(directory, "process " + Files.readString(file).strip());
            }
            channel.truncate(0);
            channel.write(
                    StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"));
            return new DirectoryLock(directory, channel);
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            HELD.remove(directory);
            throw e;
        }
    }

    private static LocalServerException held(Path directory, String holder) {
        return new LocalServerException("The data directory " + directory + " is in use by " + holder
                + ". Stop that one, or set LOCAL_DATA_DIR to another directory (and PORT and MANAGEMENT_PORT to free"
                + " ports) to run a second copy.");
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD.remove(directory);
    }
}
