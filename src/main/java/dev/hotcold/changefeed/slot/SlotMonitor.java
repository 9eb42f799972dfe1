package dev.hotcold.changefeed.slot;

import dev.hotcold.blocking.BlockingTime;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the slot, and for its owner the table, twice a second and when it is asked to, and every ten seconds what else the feed needs
 * of PostgreSQL, on connections and a thread of its own, so that the owner need not stop for it. The connections are opened anew every
 * ten seconds. Without an owner to be it rests, and has none. Thread-safe.
 */
public final class SlotMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SlotMonitor.class);

    private static final Duration PERIOD = Duration.ofMillis(500);

    /** Without an answer for so long PostgreSQL counts as gone. */
    private static final Duration UNRESPONSIVE = Duration.ofSeconds(5);

    private static final Duration BETWEEN_PREREQUISITE_CHECKS = Duration.ofSeconds(10);

    /** What comes of a query that took too long, here for a lock. */
    private static final String QUERY_CANCELED = "57014";

    private final SlotProbe.Connector connector;
    private final DoubleConsumer onLagBytes;
    private final Consumer<String> onWaiting;
    private final BlockingTime time;
    private final Semaphore wakes = new Semaphore(0);
    private volatile boolean closed;
    private volatile boolean owesPrerequisites;
    /** Of findings: those of a check that began before the last reset are dropped. */
    private volatile int generation;

    private volatile Optional<SlotState> slot = Optional.empty();
    private volatile Optional<String> missingPrerequisite = Optional.empty();
    private volatile Optional<String> tableFingerprint = Optional.empty();
    private volatile boolean watchesTable;
    /** How often it was asked for a check of the table, and up to which of them it was checked. */
    private final AtomicInteger tableAsked = new AtomicInteger();

    private volatile int tableAnswered;
    private volatile boolean reconnects;
    private volatile boolean rests = true;
    private volatile long answeredAt;
    private long prerequisitesCheckedAt;
    private @Nullable SlotProbe probe;

    /**
     * @param onLagBytes gets the slot's lag after each check; NaN = not known
     * @param onWaiting gets what the making of the slot waits for, at each check while it waits
     */
    public SlotMonitor(
            SlotProbe.Connector connector, DoubleConsumer onLagBytes, Consumer<String> onWaiting, BlockingTime time) {
        this.connector = connector;
        this.onLagBytes = onLagBytes;
        this.onWaiting = onWaiting;
        this.time = time;
        this.answeredAt = time.nanos();
        this.prerequisitesCheckedAt = time.nanos();
    }

    /** Begins to check, on a thread of its own. */
    public void start() {
        Thread.ofVirtual().name("change-feed-monitor").start(this::run);
    }

    /** The slot at the last check; empty when there was no slot, or no check since {@link #reset}. */
    public Optional<SlotState> slot() {
        return slot;
    }

    /** What the feed needs and PostgreSQL no longer allows; empty = nothing. At most ten seconds old. */
    public Optional<String> missingPrerequisite() {
        return missingPrerequisite;
    }

    /** The table at the last check, as a text; empty = no check since {@link #reset}. */
    public Optional<String> tableFingerprint() {
        return tableFingerprint;
    }

    /** Whether the table is checked too: the owner of the slot alone needs to know, and the database shall not feel it. */
    public void watchTable(boolean watches) {
        watchesTable = watches;
    }

    /**
     * Has the table checked at once.
     *
     * @return the number of what was asked, for {@link #checkedTable}; counts up from 1
     */
    public int askTable() {
        int number = tableAsked.incrementAndGet();
        wakes.release();
        return number;
    }

    /**
     * The table, as {@link #tableFingerprint}, by a check that began after it was asked for.
     *
     * @param number of what was asked; 0 = any check since {@link #reset}
     * @return empty = no such check has ended
     */
    public synchronized Optional<String> checkedTable(int number) {
        return tableAnswered - number >= 0 ? tableFingerprint : Optional.empty();
    }

    /** Checks from now on. */
    public void wake() {
        if (rests) {
            answeredAt = time.nanos();
            rests = false;
        }
    }

    /** Neither checks from now on nor keeps a connection. */
    public void rest() {
        rests = true;
    }

    /**
     * Drops the findings so far, which may be of another slot or table. The next ones come by a new connection, at once, with the
     * prerequisites among them.
     */
    public synchronized void reset() {
        owesPrerequisites = true;
        slot = Optional.empty();
        missingPrerequisite = Optional.empty();
        tableFingerprint = Optional.empty();
        reconnects = true;
        // Last: a check that is of this generation has heard of all the rest.
        generation++;
        wakes.release();
    }

    /** Whether all that the feed needs was looked at since {@link #reset}, the table too, and nothing was missing. */
    public synchronized boolean isNothingMissing() {
        return !owesPrerequisites && missingPrerequisite.isEmpty() && tableFingerprint.isPresent();
    }

    /** Whether PostgreSQL has answered in the last five seconds. */
    public boolean isResponsive() {
        return time.nanos() - answeredAt < UNRESPONSIVE.toNanos();
    }

    private void run() {
        try {
            while (!closed) {
                var _ = wakes.tryAcquire(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
                wakes.drainPermits();
                if (!closed) {
                    checkUnlessResting();
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } finally {
            disconnect();
        }
    }

    void checkUnlessResting() {
        if (rests) {
            disconnect();
        } else {
            check();
        }
    }

    /** Checks once; connects first when not connected. */
    void check() {
        int begun = generation;
        try {
            SlotProbe current = connected();
            Optional<SlotState> state = current.slotState();
            publish(begun, () -> slot = state);
            checkTable(current, begun);
            answeredAt = time.nanos();
            onLagBytes.accept(state.map(known -> (double) known.lagBytes()).orElse(Double.NaN));
            checkCreation(current, state);
            if (owesPrerequisites || time.nanos() - prerequisitesCheckedAt >= BETWEEN_PREREQUISITE_CHECKS.toNanos()) {
                prerequisitesCheckedAt = time.nanos();
                checkPrerequisites(current, begun);
            }
        } catch (SQLException | RuntimeException failure) {
            LOG.debug("The slot cannot be checked now", failure);
            onLagBytes.accept(Double.NaN);
            disconnect();
        }
    }

    /** Connects where there is no connection, or it is to be another one; keeps the old one where no other can be had. */
    private SlotProbe connected() throws SQLException {
        SlotProbe old = probe;
        if (old != null && !reconnects) {
            return old;
        }
        reconnects = false;
        if (owesPrerequisites) {
            // What it says is not of the session that has begun.
            disconnect();
            old = null;
        }
        try {
            SlotProbe fresh = connector.connect();
            disconnect();
            probe = fresh;
            return fresh;
        } catch (SQLException failure) {
            if (old == null) {
                throw failure;
            }
            LOG.debug("No other connection can be had now", failure);
            return old;
        }
    }

    private synchronized void publish(int begun, Runnable finding) {
        if (begun == generation) {
            finding.run();
        }
    }

    private void checkTable(SlotProbe current, int begun) throws SQLException {
        if (watchesTable) {
            int asked = tableAsked.get();
            String fingerprint = current.tableFingerprint();
            publish(begun, () -> {
                tableFingerprint = Optional.of(fingerprint);
                tableAnswered = asked;
            });
        }
    }

    /** To make a slot may take as long as the oldest transaction that is open. */
    private void checkCreation(SlotProbe current, Optional<SlotState> slotNow) throws SQLException {
        boolean isCreating =
                slotNow.map(state -> state.phase() == SlotState.Phase.CREATING).orElse(false);
        if (isCreating) {
            onWaiting.accept("the replication slot is being created, and waits for the end of open transactions"
                    + current.blockers().map(who -> ": " + who).orElse(""));
        }
    }

    /** A table that is locked at this moment is not missing. */
    private void checkPrerequisites(SlotProbe current, int begun) throws SQLException {
        try {
            Optional<String> missing = current.missingPrerequisite();
            publish(begun, () -> {
                missingPrerequisite = missing;
                owesPrerequisites = false;
            });
            // What ALTER ROLE sets, the search path above all, is set for new sessions only.
            reconnects = true;
        } catch (SQLException failure) {
            if (!QUERY_CANCELED.equals(failure.getSQLState())) {
                throw failure;
            }
        }
    }

    private void disconnect() {
        SlotProbe current = probe;
        probe = null;
        if (current != null) {
            current.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        wakes.release();
    }
}
