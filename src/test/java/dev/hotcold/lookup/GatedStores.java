package dev.hotcold.lookup;

import dev.hotcold.loop.Completion;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lookup whose stores are gates: each answers when the test says so, so that each interleaving is forced rather than
 * hoped for.
 */
abstract class GatedStores {

    static final Duration BUDGET = Duration.ofMillis(300);
    static final UserId ALICE = (UserId) UserId.parse("alice");
    static final User USER = new User(ALICE, "d", "p");
    static final UserJson JSON = UserJson.encode(USER);

    static final Duration SINCE = Duration.ofSeconds(7);
    static final HotRead STALE = new StaleUser(JSON, SINCE);
    static final User FRESH_USER = new User(ALICE, "new", "p");
    static final UserJson FRESH = UserJson.encode(FRESH_USER);

    static final LeaseToken TOKEN = new LeaseToken("token");

    final ManualTime time = new ManualTime();
    final List<Promise<HotRead>> hotReads = new ArrayList<>();
    final List<Promise<LeaseOutcome>> leases = new ArrayList<>();
    final List<Promise<LeaseOutcome>> seizures = new ArrayList<>();
    final List<Promise<LeaseOutcome>> earlyLeases = new ArrayList<>();
    final List<UserId> invalidated = new ArrayList<>();
    final List<Promise<HotRead>> lastResorts = new ArrayList<>();
    boolean missesExpected;
    boolean coldKnownDown;
    boolean isHotFollowed;

    /** How old what the hot store holds is at most; null = nothing proves that. */
    @Nullable Duration provenStaleness;

    final List<Long> leaseDeadlines = new ArrayList<>();
    final List<Promise<ColdRead>> coldReads = new ArrayList<>();
    final List<String> fills = new ArrayList<>();
    final List<LookupResult> observed = new ArrayList<>();

    final HotStore hot = new HotStore() {
        @Override
        public void read(UserId id, Completion<HotRead> outcome) {
            gate(hotReads).onComplete(outcome::complete, outcome::fail);
        }

        @Override
        public Future<HotRead> readAsLastResort(UserId id) {
            return gate(lastResorts);
        }

        @Override
        public boolean expectsMisses() {
            return missesExpected;
        }

        @Override
        public boolean isProvenWithin(Duration most) {
            return provenStaleness != null && provenStaleness.compareTo(most) <= 0;
        }

        @Override
        public boolean isFollowed() {
            return isHotFollowed;
        }

        @Override
        public Future<LeaseOutcome> lease(UserId id, long deadline) {
            leaseDeadlines.add(deadline);
            return gate(leases);
        }

        @Override
        public Future<LeaseOutcome> leaseAhead(UserId id) {
            return gate(earlyLeases);
        }

        @Override
        public Future<LeaseOutcome> seizeLease(UserId id) {
            return gate(seizures);
        }

        @Override
        public void fill(UserId id, UserJson user, LeaseToken lease) {
            fills.add(id + " " + user + " " + lease.value());
        }

        @Override
        public void fillAbsent(UserId id, LeaseToken lease) {
            fills.add(id + " absent " + lease.value());
        }

        @Override
        public void invalidate(UserId id) {
            invalidated.add(id);
        }

        @Override
        public void release(UserId id, LeaseToken lease) {
            fills.add(id + " released " + lease.value());
        }
    };

    final ColdStore cold = new ColdStore() {
        @Override
        public Future<ColdRead> read(UserId id) {
            return gate(coldReads);
        }

        @Override
        public boolean isKnownDown() {
            return coldKnownDown;
        }
    };

    final LookupObserver observer = new SilentObserver() {
        @Override
        public void lookedUp(LookupResult result, long nanos) {
            observed.add(result);
        }
    };

    final Lookup lookup = new Lookup(hot, cold, observer, new RequestBudget(BUDGET), time);

    /** As {@link Lookup#lookup}; never fails. */
    final Future<LookupResult> lookup(UserId id) {
        return lookup(lookup, id);
    }

    static Future<LookupResult> lookup(Lookup by, UserId id) {
        Promise<LookupResult> answer = Promise.promise();
        by.lookup(id, answer::complete);
        return answer.future();
    }

    /** As {@link Lookup#lookupBypassingHot}; never fails. */
    final Future<LookupResult> lookupBypassingHot(UserId id) {
        Promise<LookupResult> answer = Promise.promise();
        lookup.lookupBypassingHot(id, answer::complete);
        return answer.future();
    }

    static <T> Future<T> gate(List<Promise<T>> gates) {
        Promise<T> gate = Promise.promise();
        gates.add(gate);
        return gate.future();
    }

    void missWithLease() {
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
    }
}
