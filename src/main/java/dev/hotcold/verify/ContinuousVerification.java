package dev.hotcold.verify;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.user.UserId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares a few cached users with the database every second, in an endless scan of all of them. Thread-safe; works on a
 * thread of its own.
 */
public final class ContinuousVerification implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ContinuousVerification.class);

    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);

    /** Both stores, connected. */
    public interface Stores extends AutoCloseable {

        CachedUsers cached();

        StoredUsers stored();

        @Override
        void close();
    }

    /** Connects to both stores. */
    public interface Opener {

        /** Fails with any exception when one of them is not reachable. */
        Stores open() throws SQLException;
    }

    private final int usersPerSecond;
    private final Opener opener;
    private final BooleanSupplier changesAreFollowed;
    private final BooleanSupplier isCatchingUp;
    private final LongAdder compared = new LongAdder();
    private final LongAdder inFlight = new LongAdder();
    private final LongAdder stale = new LongAdder();
    private final CountDownLatch stopping = new CountDownLatch(1);

    /**
     * @param changesAreFollowed whether a stale user is logged: without the change feed stale users are expected
     * @param isCatchingUp whether the change feed lags: then changes are in flight for longer, and what differs is not stale
     */
    public ContinuousVerification(
            VerifySettings settings, Opener opener, BooleanSupplier changesAreFollowed, BooleanSupplier isCatchingUp) {
        this.usersPerSecond = settings.usersPerSecond();
        this.opener = opener;
        this.changesAreFollowed = changesAreFollowed;
        this.isCatchingUp = isCatchingUp;
    }

    /** Begins to compare, unless the settings say none. */
    public void start() {
        if (usersPerSecond > 0) {
            Thread.ofPlatform().daemon().name("verification").start(this::run);
        }
    }

    /** How many users were compared. */
    public long compared() {
        return compared.sum();
    }

    /** How many differed for a moment: a change was in flight. */
    public long inFlight() {
        return inFlight.sum();
    }

    /** How many users were stale. */
    public long stale() {
        return stale.sum();
    }

    private void run() {
        while (pause(PERIOD)) {
            try (Stores stores = opener.open()) {
                scan(stores);
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
                return;
            } catch (SQLException | RuntimeException unreachable) {
                LOG.debug("Cache and database cannot be compared now", unreachable);
                pause(PAUSE_AFTER_FAILURE);
            }
        }
    }

    private void scan(Stores stores) throws SQLException, InterruptedException {
        Verification verification = new Verification(stores.cached(), stores.stored());
        while (pause(PERIOD)) {
            List<UserId> ids = stores.cached().next(usersPerSecond);
            Verification.Findings findings = verification.compare(ids);
            compared.add(findings.compared());
            inFlight.add(findings.inFlight());
            if (isCatchingUp.getAsBoolean()) {
                inFlight.add(findings.stale().size());
                continue;
            }
            stale.add(findings.stale().size());
            if (!findings.stale().isEmpty() && changesAreFollowed.getAsBoolean()) {
                LOG.warn(
                        "Stale in Redis although changes are followed: {} users; DEBUG shows their ids",
                        findings.stale().size());
                LOG.debug("Stale in Redis: {}", findings.stale());
            }
        }
    }

    /** @return whether to go on */
    private boolean pause(Duration time) {
        try {
            return !stopping.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        stopping.countDown();
    }
}
