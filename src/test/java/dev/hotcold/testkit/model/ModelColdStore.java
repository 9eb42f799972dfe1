package dev.hotcold.testkit.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.ColdStore;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The database as one event loop reads it: each read takes its snapshot at one step and is answered at a later one, fails,
 * is refused, or times out. Checks that those who share a read do so.
 */
public final class ModelColdStore implements ColdStore {

    /** A read in flight. */
    private static final class Read {

        private final UserId id;
        private final Cause cause;
        private final Promise<ColdRead> outcome = Promise.promise();
        private @Nullable ColdRead snapshot;

        private Read(UserId id, Cause cause) {
            this.id = id;
            this.cause = cause;
        }
    }

    private final ModelDatabase database;
    private final RequestBudget budget;
    private final Loop loop;
    private final RandomGenerator random;
    private final Supplier<Cause> cause;
    private final List<Read> inFlight = new ArrayList<>();
    private boolean down;
    private boolean slow;

    /** @param cause on whose behalf the lookup reads at this moment */
    public ModelColdStore(
            ModelDatabase database, RequestBudget budget, Loop loop, RandomGenerator random, Supplier<Cause> cause) {
        this.database = database;
        this.budget = budget;
        this.loop = loop;
        this.random = random;
        this.cause = cause;
    }

    @Override
    public Future<ColdRead> read(UserId id) {
        if (down) {
            return Future.failedFuture(new StoreFailure("PostgreSQL", Failure.DISCONNECTED));
        }
        Read read = new Read(id, cause.get());
        if (read.cause != Cause.BYPASS) {
            assertThat(inFlight)
                    .as("reads of %s in flight for a %s", id, read.cause)
                    .noneMatch(other -> other.id.equals(id) && other.cause == read.cause);
        }
        inFlight.add(read);
        loop.after(budget.coldQueue().plus(budget.query()), () -> fail(read, Failure.TIMEOUT));
        return read.outcome.future();
    }

    @Override
    public boolean isKnownDown() {
        return down;
    }

    /** Whether reads fail at once; those in flight fail as it begins. */
    public void setDown(boolean down) {
        this.down = down;
        if (down) {
            List.copyOf(inFlight).forEach(read -> fail(read, Failure.DISCONNECTED));
        }
    }

    /** Whether reads make no progress; they time out. */
    public void setSlow(boolean slow) {
        this.slow = slow;
    }

    /** Some read goes on by one step, unless all are slow: it takes its snapshot, or is answered. */
    public void step() {
        if (!slow && !inFlight.isEmpty()) {
            Read read = inFlight.get(random.nextInt(inFlight.size()));
            if (read.snapshot == null) {
                User user = database.version(read.id, database.seen(read.id));
                read.snapshot = user == null ? ColdRead.Absent.ABSENT : new ColdRead.Present(user);
            } else {
                inFlight.remove(read);
                read.outcome.complete(read.snapshot);
            }
        }
    }

    /** Some read fails. */
    public void failOne() {
        if (!inFlight.isEmpty()) {
            fail(inFlight.get(random.nextInt(inFlight.size())), Failure.ERROR_REPLY);
        }
    }

    /** Some read is refused: too many wait. */
    public void refuseOne() {
        if (!inFlight.isEmpty()) {
            inFlight.remove(random.nextInt(inFlight.size())).outcome.complete(ColdRead.Refused.REFUSED);
        }
    }

    /** Whether no read is in flight. */
    public boolean isIdle() {
        return inFlight.isEmpty();
    }

    private void fail(Read read, Failure why) {
        if (inFlight.remove(read)) {
            read.outcome.fail(new StoreFailure("PostgreSQL", why));
        }
    }
}
