package dev.hotcold.http;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
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

    /** Whatever the files do meanwhile, the last attempt counts; a change after it is seen by {@link #check}. */
    private static final int FIRST_ATTEMPTS = 5;

    private final String what;
    private final List<WatchedFile> files;
    private final Source<T> source;
    private final Consumer<T> onChange;
    private volatile T current;

    /** Of the files that {@link #current} was read from. */
    private List<String> stamps;

    /** What the log was told last; empty: nothing is wrong. */
    private String told = "";

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
        this.current = firstRead();
    }

    /** Files that are being written at this moment are read again. */
    private T firstRead() throws UnusableFileException {
        for (int attempt = 1; ; attempt++) {
            try {
                T read = source.read();
                if (attempt == FIRST_ATTEMPTS || stamps.equals(stampsNow())) {
                    return read;
                }
            } catch (UnusableFileException e) {
                if (attempt == FIRST_ATTEMPTS || stamps.equals(stampsNow())) {
                    throw e;
                }
            }
            stamps = stampsNow();
        }
    }

    /** What was read last. Any thread. */
    T current() {
        return current;
    }

    /** Reads again if a file has changed, or could not be used the last time. One thread at a time. */
    void check() {
        List<String> before = stampsNow();
        if (before.equals(stamps)) {
            told = "";
            return;
        }
        try {
            T read = source.read();
            if (!before.equals(stampsNow())) {
                // Half of it may have been read. The next time tells.
                return;
            }
            current = read;
            stamps = before;
            told = "";
            onChange.accept(read);
            LOG.info("Read {} again", what);
        } catch (UnusableFileException e) {
            if (before.equals(stampsNow())) {
                tellOnce(String.valueOf(e.getMessage()), null);
            }
        } catch (Throwable e) { // an error too would end the looking, and nobody would know
            tellOnce(e.toString(), e);
        }
    }

    private void tellOnce(String why, @Nullable Throwable unexpected) {
        if (why.equals(told)) {
            return;
        }
        told = why;
        if (unexpected == null) {
            LOG.warn("Kept {} as it was: {}", what, why);
        } else {
            LOG.error("Kept {} as it was", what, unexpected);
        }
    }

    private List<String> stampsNow() {
        return files.stream().map(WatchedFile::stamp).toList();
    }
}
