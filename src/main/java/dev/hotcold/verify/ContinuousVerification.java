package dev.hotcold.verify;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.user.UserId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares a few cached users with the database every second, in an endless scan of all of them, and removes those that are
 * stale. Of the instances that share a change feed the one that follows it does. Thread-safe; works on a thread of its own.
 */
public final class ContinuousVerification implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ContinuousVerification.class);

    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** How long a finding degrades the service. */
    private static final Duration REMEMBERED = Duration.ofMinutes(5);

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);

    /** Both stores, connected. */
    public interface Stores extends AutoCloseable {

        CachedUsers cached();

        StoredUsers stored();

        @Override
        void close();
    }

    /**
     * What is known of changes at this moment. Called on the thread of the comparison.
     *
     * @param areFollowed whether they are: without that, stale users are expected until they expire
     * @param areCatchingUp whether they lag: then they are in flight for longer, and what differs is not stale
     * @param areFollowedElsewhere whether they are, by another instance, which compares
     * @param mayBeMissed why a change may not show in the log; empty = not known
     */
    public record Changes(
            BooleanSupplier areFollowed,
            BooleanSupplier areFollowedElsewhere,
            BooleanSupplier areCatchingUp,
            Supplier<Optional<String>> mayBeMissed) {}

    /** Connects to both stores. */
    public interface Opener {

        /** Fails with any exception when one of them is not reachable. */
        Stores open() throws SQLException;
    }

    private final int usersPerSecond;
    private final Opener opener;
    private final Changes changes;
    private final LongAdder compared = new LongAdder();
    private final LongAdder inFlight = new LongAdder();
    private final LongAdder stale = new LongAdder();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile Finding lastFinding = Finding.NONE;

    /**
     * Stale users although changes are followed.
     *
     * @param reason for an operator
     * @param at by the clock of {@link System#nanoTime()}
     */
    private record Finding(String reason, long at) {
        private static final Finding NONE = new Finding("", 0);
    }

    public ContinuousVerification(VerifySettings settings, Opener opener, Changes changes) {
        this.usersPerSecond = settings.usersPerSecond();
        this.opener = opener;
        this.changes = changes;
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

    /** What was found in the last five minutes although changes are followed; empty = nothing. */
    public Optional<String> reason() {
        Finding last = lastFinding;
        boolean isRecent = !last.reason.isEmpty() && System.nanoTime() - last.at < REMEMBERED.toNanos();
        return isRecent ? Optional.of(last.reason) : Optional.empty();
    }

    private void run() {
        while (pause(PERIOD)) {
            if (changes.areFollowedElsewhere.getAsBoolean()) {
                continue;
            }
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
        while (pause(PERIOD) && !changes.areFollowedElsewhere.getAsBoolean()) {
            List<UserId> ids = stores.cached().next(usersPerSecond);
            Verification.Findings findings = verification.compare(ids);
            compared.add(findings.compared());
            inFlight.add(findings.inFlight());
            if (changes.areCatchingUp.getAsBoolean()) {
                inFlight.add(findings.stale().size());
            } else if (!findings.stale().isEmpty()) {
                stale.add(findings.stale().size());
                stores.cached().remove(findings.stale());
                tell(findings.stale());
            }
        }
    }

    private void tell(List<UserId> ids) {
        if (!changes.areFollowed.getAsBoolean()) {
            return;
        }
        String cause = changes.mayBeMissed.get().map(why -> ": " + why).orElse(", for a cause that is not known");
        lastFinding = new Finding(
                "users in Redis were stale although changes are followed, and were removed" + cause, System.nanoTime());
        LOG.warn("Stale in Redis although changes are followed: {} users, now removed{}", ids.size(), cause);
        LOG.debug("Stale in Redis: {}", ids);
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
