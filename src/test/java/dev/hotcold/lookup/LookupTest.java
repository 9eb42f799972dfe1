package dev.hotcold.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single flight, leases, fills and budgets. */
class LookupTest extends GatedStores {

    @Test
    void lookup_hit_answersWithoutTheColdStore() {
        Future<LookupResult> answer = lookup(ALICE);

        hotReads.getFirst().complete(new HotRead.Hit(JSON, false));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(coldReads).isEmpty();
        assertThat(fills).isEmpty();
        assertThat(observed).containsExactly(answer.result());
    }

    @Test
    void lookup_missThenPresent_fillsAndAnswers() {
        Future<LookupResult> answer = lookup(ALICE);
        missWithLease();

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).containsExactly("alice " + JSON + " token");
    }

    @Test
    void lookup_missThenAbsent_isNotFoundAndNotesIt() {
        Future<LookupResult> answer = lookup(ALICE);
        missWithLease();

        coldReads.getFirst().complete(ColdRead.Absent.ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.COLD));
        assertThat(fills).containsExactly("alice absent token");
    }

    /** As of a standby: what it lacks may have been told already. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lookup_coldStoreIsBehind_isFilledUnlessChangesAreTold(boolean areTold) {
        isHotFollowed = areTold;

        Future<LookupResult> present = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        coldReads.getLast().complete(new ColdRead.Present(USER, true, true));
        Future<LookupResult> absent = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        coldReads.getLast().complete(ColdRead.Absent.BEHIND);

        assertThat(present.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(absent.result()).isEqualTo(new NotFound(Layer.COLD));
        assertThat(fills)
                .isEqualTo(
                        areTold
                                ? List.of("alice released token", "alice released token")
                                : List.of("alice " + JSON + " token", "alice absent token"));
        assertThat(invalidated).isEmpty();
    }

    @Test
    void lookup_unprovenAndColdStoreIsBehind_isKept() {
        isHotFollowed = true;

        Future<LookupResult> absent = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(LeaseOutcome.Other.DENIED);
        coldReads.getLast().complete(ColdRead.Absent.BEHIND);

        assertThat(absent.result()).isEqualTo(new NotFound(Layer.COLD));
        assertThat(fills).isEmpty();
        assertThat(invalidated).isEmpty();
    }

    @Test
    void lookup_hotStoreFails_goesOnToTheColdStore() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getFirst().fail(new StoreFailure("hot", Failure.TIMEOUT));

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.COLD_ONLY));
        assertThat(leases).isEmpty();
        assertThat(fills).isEmpty();
    }

    @Test
    void lookup_leaseDeniedOrFailed_readsTheColdStoreAndFillsNothing() {
        Future<LookupResult> denied = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(LeaseOutcome.Other.DENIED);
        coldReads.getLast().complete(new ColdRead.Present(USER));
        Future<LookupResult> failed = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().fail(new StoreFailure("hot", Failure.ERROR_REPLY));

        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(denied.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(failed.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).isEmpty();
    }

    @Test
    void lookup_filledMeanwhile_isAHit() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);

        leases.getLast().complete(new LeaseOutcome.Filled(JSON));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(coldReads).isEmpty();
    }

    @Test
    void lookup_missesExpected_requestsTheLeaseAtOnce() {
        missesExpected = true;
        Future<LookupResult> stored = lookup(ALICE);
        leases.getLast().complete(new LeaseOutcome.Filled(JSON));
        Future<LookupResult> unreachable = lookup(ALICE);
        leases.getLast().fail(new StoreFailure("hot", Failure.DISCONNECTED));
        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(hotReads).isEmpty();
        assertThat(stored.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(unreachable.result()).isEqualTo(new Found(JSON, Layer.COLD_ONLY));
    }

    @Test
    void lookup_knownAbsent_isNotFoundWithoutTheColdStore() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(HotRead.Miss.MISS);

        leases.getLast().complete(LeaseOutcome.Other.KNOWN_ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.HOT));
        assertThat(coldReads).isEmpty();
    }

    /** Half of the budget is for waiting, so that half is left for the cold store. */
    @Test
    void lookup_leaseHeld_isWaitedForUntilHalfOfTheBudget() {
        long startedAt = time.nanos();
        lookup(ALICE);
        time.pass(Duration.ofMillis(40));

        hotReads.getLast().complete(HotRead.Miss.MISS);

        assertThat(leaseDeadlines)
                .containsExactly(startedAt + BUDGET.dividedBy(2).toNanos());
    }

    @Test
    void lookup_coldStoreFailsOrRefuses_releasesTheLease() {
        lookup(ALICE);
        missWithLease();
        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));
        lookup(ALICE);
        missWithLease();

        coldReads.getLast().complete(ColdRead.Refused.REFUSED);

        assertThat(fills).containsExactly("alice released token", "alice released token");
    }

    @Test
    void lookupBypassingHot_callInFlight_readsTheColdStoreItselfAndFills() {
        Future<LookupResult> ordinary = lookup(ALICE);
        missWithLease();
        Future<LookupResult> bypassing = lookupBypassingHot(ALICE);

        seizures.getLast().complete(new LeaseOutcome.Granted(new LeaseToken("seized")));
        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(coldReads).hasSize(2);
        assertThat(ordinary.isComplete()).isFalse();
        assertThat(bypassing.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).containsExactly("alice " + JSON + " seized");
    }

    @Test
    void lookup_coldStoreFails_isUnavailable() {
        Future<LookupResult> answer = lookup(ALICE);
        missWithLease();

        coldReads.getFirst().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.FAILED));
    }

    @Test
    void lookup_coldStoreRefuses_isOverloaded() {
        Future<LookupResult> answer = lookup(ALICE);
        missWithLease();

        coldReads.getFirst().complete(ColdRead.Refused.REFUSED);

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.OVERLOADED));
    }

    @Test
    void lookup_sameIdAtAnyStage_joinsTheCall() {
        Future<LookupResult> beforeTheHotRead = lookup(ALICE);
        Future<LookupResult> duringTheHotRead = lookup(ALICE);
        missWithLease();
        Future<LookupResult> duringTheColdRead = lookup(ALICE);

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(hotReads).hasSize(1);
        assertThat(coldReads).hasSize(1);
        assertThat(fills).hasSize(1);
        assertThat(List.of(beforeTheHotRead.result(), duringTheHotRead.result(), duringTheColdRead.result()))
                .containsOnly(new Found(JSON, Layer.COLD));
    }

    /** The order that makes one read per flight enough: a later lookup's hot read can only come after the fill. */
    @Test
    void lookup_afterTheCallEnded_readsTheHotStoreAfterTheFill() {
        lookup(ALICE).onSuccess(landed -> {
            assertThat(fills).hasSize(1);
            lookup(ALICE);
        });
        missWithLease();

        coldReads.getFirst().complete(new ColdRead.Present(USER));

        assertThat(hotReads).hasSize(2);
    }

    @Test
    void lookup_budgetSpent_answersThisCallerAndLeavesTheCallToOthers() {
        Future<LookupResult> early = lookup(ALICE);
        missWithLease();
        time.pass(Duration.ofMillis(200));
        Future<LookupResult> late = lookup(ALICE);

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
            public boolean isKnownDown() {
                return false;
            }
        };
        Lookup broken = new Lookup(hot, throwing, observer, new RequestBudget(BUDGET), time);

        Future<LookupResult> answer = lookup(broken, ALICE);
        missWithLease();

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.FAILED));
        assertThat(broken.inFlight()).isZero();
    }
}
