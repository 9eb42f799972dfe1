package dev.hotcold.http.access;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that is read from files, and again when they change. While the files cannot be used the last value stays in effect.
 *
 * @param <T> the value; immutable
 */
final class Reloadable<T> {

    private static final Logger LOG = LoggerFactory.getLogger(Reloadable.class);

    /** The last attempt counts even when the files change during it; {@link #check} sees the change. */
    private static final int MAX_FIRST_ATTEMPTS = 5;

    private final String what;
    private final List<WatchedFile> files;
    private final Source<T> source;
    private final Consumer<T> onChange;
    private volatile T current;

    /** The stamps of the files when {@link #current} was read. */
    private List<String> stamps;

    /** The problem that was logged last; empty: the files are usable. */
    private String logged = "";

    /** Reads the value from the files. */
    @FunctionalInterface
    interface Source<T> {
        T read() throws UnusableFileException;
    }

    /**
     * Reads the value for the first time.
     *
     * @param what its name in the log
     * @param onChange called with each value but the first
     */
    Reloadable(String what, List<WatchedFile> files, Source<T> source, Consumer<T> onChange)
            throws UnusableFileException {
        this.what = what;
        this.files = files;
        this.source = source;
        this.onChange = onChange;
        this.stamps = stampsNow();
        this.current = firstRead();
    }

    /** Reads again when the files were written meanwhile. */
    private T firstRead() throws UnusableFileException {
        for (int attempt = 1; ; attempt++) {
            try {
                T read = source.read();
                if (attempt == MAX_FIRST_ATTEMPTS || stamps.equals(stampsNow())) {
                    return read;
                }
            } catch (UnusableFileException e) {
                if (attempt == MAX_FIRST_ATTEMPTS || stamps.equals(stampsNow())) {
                    throw e;
                }
            }
            stamps = stampsNow();
        }
    }

    /** The value in effect. Any thread. */
    T current() {
        return current;
    }

    /** Reads again if a file has changed since {@link #current} was read. Blocks; one thread at a time. */
    void check() {
        List<String> before = stampsNow();
        if (before.equals(stamps)) {
            logged = "";
            return;
        }
        try {
            T read = source.read();
            if (!before.equals(stampsNow())) {
                // Old and new content may be mixed. The next check reads again.
                return;
            }
            current = read;
            stamps = before;
            logged = "";
            onChange.accept(read);
            LOG.info("Read {} again", what);
        } catch (UnusableFileException e) {
            if (before.equals(stampsNow())) {
                logOnce(String.valueOf(e.getMessage()), null);
            }
        } catch (Throwable e) { // an Error too would silently end the periodic check
            logOnce(e.toString(), e);
        }
    }

    private void logOnce(String why, @Nullable Throwable unexpected) {
        if (why.equals(logged)) {
            return;
        }
        logged = why;
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
