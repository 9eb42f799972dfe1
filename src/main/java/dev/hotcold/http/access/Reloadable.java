package dev.hotcold.http.access;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * A value that is read from files, and again when they change. While the files hold something that cannot be used the last value
 * stays in effect; while a file is gone, for {@link #GRACE} at most, where the value has a substitute.
 *
 * <p>Checked by one thread, observed by any.
 *
 * @param <T> the value; immutable
 */
final class Reloadable<T> {

    private static final Logger LOG = LoggerFactory.getLogger(Reloadable.class);

    /** The last attempt counts even when the files change during it; {@link #check} sees the change. */
    private static final int MAX_FIRST_ATTEMPTS = 5;

    /** How long a file may be gone: longer than any rotation, which removes it for moments; short enough to revoke by. */
    static final Duration GRACE = Duration.ofMinutes(1);

    /** A check that takes longer hangs, say because a network's file system does. */
    static final Duration STALE = Duration.ofSeconds(15);

    private final String what;

    /** So that the log's last line tells the last state. */
    private final Marker subject;

    private final List<WatchedFile> files;
    private final Source<T> source;
    private final Optional<T> whenGone;
    private final LongSupplier nanoTime;
    private final Consumer<T> onChange;
    private volatile T current;
    private volatile String problem = "";
    private final LongAdder failures = new LongAdder();
    private volatile long checkedAt;

    /** The stamps of the files when {@link #current} was read; empty: it was not read from them. */
    private List<String> stamps;

    /** The stamps at the last check. */
    private List<String> seen = List.of();

    /** The problem that was logged last; empty: the files are usable. */
    private String logged = "";

    /** Since when the files were gone at each check; null = they were not at the last. */
    private @Nullable Long goneSince;

    /** Reads the value from the files. */
    @FunctionalInterface
    interface Source<T> {

        /**
         * Blocks.
         *
         * @param current the value in effect; null = this is the first
         * @param settled whether the files are as they were at the check before, so that nobody is still writing them
         * @return empty: too early to say
         */
        Optional<T> read(@Nullable T current, boolean settled) throws UnusableFileException;
    }

    /**
     * Reads the value for the first time.
     *
     * @param what its name in the log
     * @param whenGone takes effect once a file has been gone for too long; empty: the last value stays
     * @param onChange called with each value but the first
     */
    Reloadable(
            String what,
            List<WatchedFile> files,
            Source<T> source,
            Optional<T> whenGone,
            Consumer<T> onChange,
            LongSupplier nanoTime)
            throws UnusableFileException {
        this.what = what;
        this.subject = MarkerFactory.getDetachedMarker(what);
        this.files = files;
        this.source = source;
        this.whenGone = whenGone;
        this.onChange = onChange;
        this.nanoTime = nanoTime;
        this.checkedAt = nanoTime.getAsLong();
        this.stamps = stampsNow();
        this.current = firstRead();
    }

    /** Reads again when the files were written meanwhile. */
    private T firstRead() throws UnusableFileException {
        for (int attempt = 1; ; attempt++) {
            try {
                T read = source.read(null, true).orElseThrow();
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

    /** Why the value in effect is not what the files say; empty: it is. Any thread. */
    Optional<String> problem() {
        double age = secondsSinceCheck();
        if (age >= STALE.toSeconds()) {
            return Optional.of(what + " could not be checked for " + (long) age + " s: reading the file hangs");
        }
        String now = problem;
        return now.isEmpty() ? Optional.empty() : Optional.of(now);
    }

    /** How many checks found files that cannot be used. Any thread. */
    long failures() {
        return failures.sum();
    }

    /** How long ago the last check ended. Any thread. */
    double secondsSinceCheck() {
        return (nanoTime.getAsLong() - checkedAt) / 1e9;
    }

    /** Checks begin now. */
    void begin() {
        checkedAt = nanoTime.getAsLong();
    }

    /** Reads again if a file has changed since {@link #current} was read. Blocks; one thread at a time. */
    void check() {
        List<String> before = stampsNow();
        boolean settled = before.equals(seen);
        seen = before;
        try {
            if (before.equals(stamps)) {
                usable();
            } else {
                readAgain(before, settled);
            }
        } catch (UnusableFileException e) {
            if (before.equals(stampsNow())) {
                unusable(String.valueOf(e.getMessage()), e.isGone());
            }
        } catch (Throwable e) { // an Error too would silently end the periodic check
            failed(e);
        }
        checkedAt = nanoTime.getAsLong();
    }

    private void readAgain(List<String> before, boolean settled) throws UnusableFileException {
        Optional<T> read = source.read(current, settled);
        if (read.isEmpty() || !before.equals(stampsNow())) {
            // Old and new content may be mixed. The next check reads again.
            return;
        }
        become(read.get());
        // Not before: what could not be applied is tried again.
        stamps = before;
        usable();
        LOG.info(subject, "Read {} again", what);
    }

    private void usable() {
        logged = "";
        problem = "";
        goneSince = null;
    }

    private void unusable(String why, boolean gone) {
        long now = nanoTime.getAsLong();
        failures.increment();
        if (!gone || whenGone.isEmpty()) {
            goneSince = null;
        } else if (goneSince == null) {
            goneSince = now;
        }
        if (goneSince != null && now - goneSince >= GRACE.toNanos()) {
            problem = "no longer accepted: " + what + ": " + why;
            if (!current.equals(whenGone.orElseThrow())) {
                stamps = List.of();
                become(whenGone.get());
                LOG.error(subject, "No longer accepted: {}: {}", what, why);
            }
            return;
        }
        String until = goneSince == null ? "" : ", for a minute at most";
        problem = "kept " + what + " as it was" + until + ": " + why;
        if (!why.equals(logged)) {
            logged = why;
            LOG.warn(subject, "Kept {} as it was: {}", what, why);
        }
    }

    private void failed(Throwable unforeseen) {
        failures.increment();
        problem = "kept " + what + " as it was: the log says why";
        if (!unforeseen.toString().equals(logged)) {
            logged = unforeseen.toString();
            LOG.error(subject, "Kept {} as it was", what, unforeseen);
        }
    }

    private void become(T next) {
        current = next;
        onChange.accept(next);
    }

    private List<String> stampsNow() {
        return files.stream().map(WatchedFile::stamp).toList();
    }
}
