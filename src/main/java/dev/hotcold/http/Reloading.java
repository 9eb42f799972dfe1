package dev.hotcold.http;

import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that was read from files, and is read again when they change. What was read last stays in effect while the
 * files cannot be used.
 *
 * @param <T> immutable
 */
final class Reloading<T> {

    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    private final String what;
    private final List<WatchedFile> files;
    private final Source<T> source;
    private final Consumer<T> onChange;
    private List<String> stamps;
    private volatile T current;

    /** Reads the value. */
    @FunctionalInterface
    interface Source<T> {
        T read() throws UnusableFileException;
    }

    /**
     * Reads it for the first time.
     *
     * @param what its name in the log
     * @param onChange told of each value but the first
     */
    Reloading(String what, List<WatchedFile> files, Source<T> source, Consumer<T> onChange)
            throws UnusableFileException {
        this.what = what;
        this.files = files;
        this.source = source;
        this.onChange = onChange;
        this.stamps = stampsNow();
        this.current = source.read();
    }

    /** What was read last. Any thread. */
    T current() {
        return current;
    }

    /** Reads again if a file has changed. One thread at a time. */
    void check() {
        // Taken before the files are read: a change while they are is seen the next time.
        List<String> now = stampsNow();
        if (now.equals(stamps)) {
            return;
        }
        stamps = now;
        try {
            current = source.read();
            onChange.accept(current);
            LOG.info("Read {} again", what);
        } catch (UnusableFileException e) {
            LOG.warn("Kept {} as it was: {}", what, e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("Kept {} as it was", what, e);
        }
    }

    private List<String> stampsNow() {
        return files.stream().map(WatchedFile::stamp).toList();
    }
}
