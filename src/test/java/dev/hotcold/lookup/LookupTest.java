package dev.hotcold.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Stale;
import dev.hotcold.lookup.LookupResult.Unavailable;
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
import org.junit.jupiter.api.Test;

/** The algorithm alone: both ports are gates, so that each interleaving is forced rather than hoped for. */
class LookupTest {

    private static final Duration BUDGET = Duration.ofMillis(300);
    private static final UserId ALICE = (UserId) UserId.parse("alice");
    private static final User USER = new User(ALICE, "d", "p");
    private static final UserJson JSON = UserJson.encode(USER);

    private static final Duration SINCE = Duration.ofSeconds(7);
    private static final HotRead STALE = new HotRead.Stale(JSON, SINCE);
    private static final User FRESH_USER = new User(ALICE, "new", "p");
    private static final UserJson FRESH = UserJson.encode(FRESH_USER);

    private static final LeaseToken TOKEN = new LeaseToken("token");

    private final ManualTime time = new ManualTime();
    private final List<Promise<HotRead>> hotReads = new ArrayList<>();
    private final List<Promise<LeaseOutcome>> leases = new ArrayList<>();
    private final List<Promise<LeaseOutcome>> seizures = new ArrayList<>();
    private final List<Promise<LeaseOutcome>> earlyLeases = new ArrayList<>();
    private final List<UserId> forgotten = new ArrayList<>();
    private final List<Promise<HotRead>> lastResorts = new ArrayList<>();
    private boolean missesExpected;
    private boolean hopeless;
    private final List<Long> leaseDeadlines = new ArrayList<>();
    private final List<Promise<ColdRead>> coldReads = new ArrayList<>();
    private final List<String> fills = new ArrayList<>();
    private final List<LookupResult> observed = new ArrayList<>();

    private final HotStore hot = new HotStore() {
        @Override
        public Future<HotRead> read(UserId id) {
            return gate(hotReads);
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
        public Future<LeaseOutcome> lease(UserId id, long deadline) {
            leaseDeadlines.add(deadline);
            return gate(leases);
        }

        @Override
        public Future<LeaseOutcome> leaseEarly(UserId id) {
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
        public void forget(UserId id) {
            forgotten.add(id);
        }

        @Override
        public void release(UserId id, LeaseToken lease) {
            fills.add(id + " released " + lease.value());
        }
    };

    private final ColdStore cold = new ColdStore() {
        @Override
        public Future<ColdRead> read(UserId id) {
            return gate(coldReads);
        }

        @Override
        public boolean isHopeless() {
            return hopeless;
        }
    };

    private final LookupObserver observer = new SilentObserver() {
        @Override
        public void lookedUp(LookupResult result, long nanos) {
            observed.add(result);
        }
    };

    private final Lookup lookup =
            new Lookup(hot, cold, observer, new LookupSettings(BUDGET), time.timer(), time::nanoTime);

    private static <T> Future<T> gate(List<Promise<T>> gates) {
        Promise<T> gate = Promise.promise();
        gates.add(gate);
        return gate.future();
    }

    private void missWithLease() {
        hotReads.getLast().complete(HotRead.Vacant.VACANT);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
    }

    @Test
    void lookup_hit_answersWithoutTheColdStore() {
        Future<LookupResult> answer = lookup.lookup(ALICE);

        hotReads.getFirst().complete(new HotRead.Hit(JSON, false));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(coldReads).isEmpty();
        assertThat(fills).isEmpty();
        assertThat(observed).containsExactly(answer.result());
    }

    @Test
    void lookup_missThenPresent_fillsAndAnswers() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        missWithLease();

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).containsExactly("alice " + JSON + " token");
    }

    @Test
    void lookup_missThenAbsent_isNotFoundAndNotesIt() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        missWithLease();

        coldReads.getFirst().complete(ColdRead.Absent.ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.COLD));
        assertThat(fills).containsExactly("alice absent token");
    }

    @Test
    void lookup_hotStoreFails_goesOnToTheColdStore() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getFirst().fail(new StoreFailure("hot", Failure.TIMEOUT));

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.COLD_ALONE));
        assertThat(leases).isEmpty();
        assertThat(fills).isEmpty();
    }

    @Test
    void lookup_leaseCannotBeHad_readsTheColdStoreAndFillsNothing() {
        Future<LookupResult> denied = lookup.lookup(ALICE);
        hotReads.getLast().complete(HotRead.Vacant.VACANT);
        leases.getLast().complete(LeaseOutcome.Other.DENIED);
        coldReads.getLast().complete(new ColdRead.Present(USER));
        Future<LookupResult> failed = lookup.lookup(ALICE);
        hotReads.getLast().complete(HotRead.Vacant.VACANT);
        leases.getLast().fail(new StoreFailure("hot", Failure.ERROR_REPLY));

        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(denied.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(failed.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).isEmpty();
    }

    @Test
    void lookup_somebodyElseFilledMeanwhile_isAHit() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().complete(HotRead.Vacant.VACANT);

        leases.getLast().complete(new LeaseOutcome.Filled(JSON));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(coldReads).isEmpty();
    }

    @Test
    void lookup_missesAreExpected_asksForTheLeaseAtOnce() {
        missesExpected = true;
        Future<LookupResult> stored = lookup.lookup(ALICE);
        leases.getLast().complete(new LeaseOutcome.Filled(JSON));
        Future<LookupResult> unreachable = lookup.lookup(ALICE);
        leases.getLast().fail(new StoreFailure("hot", Failure.DISCONNECTED));
        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(hotReads).isEmpty();
        assertThat(stored.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(unreachable.result()).isEqualTo(new Found(JSON, Layer.COLD_ALONE));
    }

    @Test
    void lookup_knownAbsent_isNotFoundWithoutTheColdStore() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().complete(HotRead.Vacant.VACANT);

        leases.getLast().complete(LeaseOutcome.Other.KNOWN_ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.HOT));
        assertThat(coldReads).isEmpty();
    }

    /** Half of the budget is for waiting, so that half is left for the cold store. */
    @Test
    void lookup_lease_isWaitedForUntilHalfOfTheFlightsBudgetIsSpent() {
        long startedAt = time.nanoTime();
        lookup.lookup(ALICE);
        time.pass(Duration.ofMillis(40));

        hotReads.getLast().complete(HotRead.Vacant.VACANT);

        assertThat(leaseDeadlines)
                .containsExactly(startedAt + BUDGET.dividedBy(2).toNanos());
    }

    @Test
    void lookup_coldStoreFailsOrRefuses_releasesTheLease() {
        lookup.lookup(ALICE);
        missWithLease();
        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));
        lookup.lookup(ALICE);
        missWithLease();

        coldReads.getLast().complete(ColdRead.Refused.REFUSED);

        assertThat(fills).containsExactly("alice released token", "alice released token");
    }

    @Test
    void lookupBypassingHot_flightInTheAir_readsTheColdStoreItselfAndFills() {
        Future<LookupResult> ordinary = lookup.lookup(ALICE);
        missWithLease();
        Future<LookupResult> bypassing = lookup.lookupBypassingHot(ALICE);

        seizures.getLast().complete(new LeaseOutcome.Granted(new LeaseToken("seized")));
        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(coldReads).hasSize(2);
        assertThat(ordinary.isComplete()).isFalse();
        assertThat(bypassing.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).containsExactly("alice " + JSON + " seized");
    }

    @Test
    void lookup_coldStoreFails_isUnavailable() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        missWithLease();

        coldReads.getFirst().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.FAILED));
    }

    @Test
    void lookup_coldStoreRefuses_isOverloaded() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        missWithLease();

        coldReads.getFirst().complete(ColdRead.Refused.REFUSED);

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.OVERLOADED));
    }

    @Test
    void lookup_sameIdAtAnyStage_joinsTheFlight() {
        Future<LookupResult> beforeTheHotRead = lookup.lookup(ALICE);
        Future<LookupResult> duringTheHotRead = lookup.lookup(ALICE);
        missWithLease();
        Future<LookupResult> duringTheColdRead = lookup.lookup(ALICE);

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(hotReads).hasSize(1);
        assertThat(coldReads).hasSize(1);
        assertThat(fills).hasSize(1);
        assertThat(List.of(beforeTheHotRead.result(), duringTheHotRead.result(), duringTheColdRead.result()))
                .containsOnly(new Found(JSON, Layer.COLD));
    }

    /** The order that makes one read per flight enough: a later lookup's hot read can only come after the fill. */
    @Test
    void lookup_afterTheLanding_readsTheHotStoreAfterTheFill() {
        lookup.lookup(ALICE).onSuccess(landed -> {
            assertThat(fills).hasSize(1);
            lookup.lookup(ALICE);
        });
        missWithLease();

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(hotReads).hasSize(2);
    }

    @Test
    void lookup_budgetSpent_answersThisCallerAndLeavesTheFlightToOthers() {
        Future<LookupResult> early = lookup.lookup(ALICE);
        missWithLease();
        time.pass(Duration.ofMillis(200));
        Future<LookupResult> late = lookup.lookup(ALICE);

        time.pass(Duration.ofMillis(100));
        assertThat(early.result()).isEqualTo(new Unavailable(Reason.TIMED_OUT));
        assertThat(late.isComplete()).isFalse();
        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(late.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(coldReads).hasSize(1);
        assertThat(observed).hasSize(2);
    }

    @Test
    void lookup_storeThrows_isUnavailableAndStrandsNothing() {
        ColdStore throwing = new ColdStore() {
            @Override
            public Future<ColdRead> read(UserId id) {
                throw new IllegalStateException("bug");
            }

            @Override
            public boolean isHopeless() {
                return false;
            }
        };
        Lookup broken = new Lookup(hot, throwing, observer, new LookupSettings(BUDGET), time.timer(), time::nanoTime);

        Future<LookupResult> answer = broken.lookup(ALICE);
        missWithLease();

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.FAILED));
        assertThat(broken.inFlight()).isZero();
    }

    @Test
    void lookup_stale_isReadAnewAndFilled() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));

        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));

        assertThat(answer.result()).isEqualTo(new Found(FRESH, Layer.REFRESHED));
        assertThat(fills).containsExactly("alice " + FRESH + " token");
    }

    @Test
    void lookup_staleAndColdStoreFails_isServedStale() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));

        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        assertThat(answer.result()).isEqualTo(new Stale(JSON, SINCE));
        assertThat(fills).containsExactly("alice released token");
    }

    @Test
    void lookup_staleAndColdStoreRefuses_isServedStale() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().fail(new StoreFailure("hot", Failure.TIMEOUT));

        coldReads.getLast().complete(ColdRead.Refused.REFUSED);

        assertThat(answer.result()).isEqualTo(new Stale(JSON, SINCE));
    }

    @Test
    void lookup_staleAndColdStoreSlow_isServedStaleWhileTheRefreshGoesOn() {
        Future<LookupResult> first = lookup.lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        time.pass(BUDGET.dividedBy(3).minusNanos(1));
        assertThat(first.isComplete()).isFalse();
        time.pass(Duration.ofNanos(1));

        Future<LookupResult> second = lookup.lookup(ALICE);
        hotReads.getLast().complete(STALE);

        assertThat(first.result()).isEqualTo(new Stale(JSON, SINCE));
        assertThat(second.result()).isEqualTo(new Stale(JSON, SINCE));
        assertThat(leases).hasSize(1);
        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));
        assertThat(fills).containsExactly("alice " + FRESH + " token");
    }

    @Test
    void lookup_staleAndGone_isNotFoundAndForgotten() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(LeaseOutcome.Other.DENIED);

        coldReads.getLast().complete(ColdRead.Absent.ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.COLD));
        assertThat(forgotten).containsExactly(ALICE);
    }

    @Test
    void lookup_missesExpectedAndColdStoreFails_looksForAStaleUser() {
        missesExpected = true;
        Future<LookupResult> answer = lookup.lookup(ALICE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.TIMEOUT));

        lastResorts.getLast().complete(STALE);

        assertThat(answer.result()).isEqualTo(new Stale(JSON, SINCE));
    }

    @Test
    void lookup_missesExpectedAndNothingKnown_isUnavailable() {
        missesExpected = true;
        Future<LookupResult> answer = lookup.lookup(ALICE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.TIMEOUT));

        lastResorts.getLast().fail(new StoreFailure("hot", Failure.TIMEOUT));

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.FAILED));
    }

    @Test
    void lookup_timeEndsSoon_isAHitAndOneReadsItAnew() {
        for (int i = 0; i < 2; i++) {
            Future<LookupResult> answer = lookup.lookup(ALICE);
            hotReads.getLast().complete(new HotRead.Hit(JSON, true));
            assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        }
        assertThat(earlyLeases).hasSize(1);
        earlyLeases.getLast().complete(new LeaseOutcome.Granted(TOKEN));

        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));

        assertThat(fills).containsExactly("alice " + FRESH + " token");
    }

    @Test
    void lookup_timeEndsSoonAndSomebodyElseReadsItAnew_readsNothing() {
        lookup.lookup(ALICE);
        hotReads.getLast().complete(new HotRead.Hit(JSON, true));

        earlyLeases.getLast().complete(LeaseOutcome.Other.DENIED);

        assertThat(coldReads).isEmpty();
    }

    @Test
    void lookup_hotStoreSparedAndColdStoreFails_asksTheHotStoreAllTheSame() {
        Future<LookupResult> answer = lookup.lookup(ALICE);
        hotReads.getLast().fail(new StoreFailure("hot", Failure.SKIPPED));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        lastResorts.getLast().complete(new HotRead.Hit(JSON, false));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
    }

    @Test
    void lookup_staleAndColdStoreHopeless_isServedStaleWithoutALease() {
        hopeless = true;
        Future<LookupResult> answer = lookup.lookup(ALICE);

        hotReads.getLast().complete(STALE);

        assertThat(answer.result()).isEqualTo(new Stale(JSON, SINCE));
        assertThat(leases).isEmpty();
    }

    @Test
    void lookup_missesExpectedAndColdStoreHopeless_readsTheHotStoreFirst() {
        missesExpected = true;
        hopeless = true;

        lookup.lookup(ALICE);

        assertThat(hotReads).hasSize(1);
        assertThat(leases).isEmpty();
    }
}
