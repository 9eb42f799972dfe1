package dev.hotcold.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import io.vertx.core.Future;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users beyond their soft TTL or close to it, and what is left when the cold store fails. */
class LookupStaleTest extends GatedStores {

    @Test
    void lookup_stale_isRefreshedAndFilled() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));

        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));

        assertThat(answer.result()).isEqualTo(new Found(FRESH, Layer.REFRESHED));
        assertThat(fills).containsExactly("alice " + FRESH + " token");
    }

    /** What it lacks may have been told already, and be what the hot store has. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lookup_unprovenAndColdStoreIsBehind_isServedUnproven(boolean isPresent) {
        isHotFollowed = true;
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(StaleUser.unproven(JSON));
        leases.getLast().complete(new LeaseOutcome.Filled(JSON, true));

        coldReads.getLast().complete(isPresent ? new ColdRead.Present(FRESH_USER, true, true) : ColdRead.Absent.BEHIND);

        assertThat(answer.result()).isEqualTo(StaleUser.unproven(JSON));
        assertThat(fills).isEmpty();
        assertThat(invalidated).isEmpty();
    }

    @Test
    void lookup_staleAndColdStoreFails_isServedStale() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));

        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        assertThat(answer.result()).isEqualTo(new StaleUser(JSON, SINCE));
        assertThat(fills).containsExactly("alice released token");
    }

    @Test
    void lookup_staleAndColdStoreRefuses_isServedStale() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().fail(new StoreFailure("hot", Failure.TIMEOUT));

        coldReads.getLast().complete(ColdRead.Refused.REFUSED);

        assertThat(answer.result()).isEqualTo(new StaleUser(JSON, SINCE));
    }

    @Test
    void lookup_staleAndColdStoreSlow_isServedStaleWhileTheRefreshGoesOn() {
        Future<LookupResult> first = lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        time.pass(BUDGET.dividedBy(3).minusNanos(1));
        assertThat(first.isComplete()).isFalse();
        time.pass(Duration.ofNanos(1));

        Future<LookupResult> second = lookup(ALICE);
        hotReads.getLast().complete(STALE);

        assertThat(first.result()).isEqualTo(new StaleUser(JSON, SINCE));
        assertThat(second.result()).isEqualTo(new StaleUser(JSON, SINCE));
        assertThat(leases).hasSize(1);
        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));
        assertThat(fills).containsExactly("alice " + FRESH + " token");
    }

    @Test
    void lookup_staleAndDeleted_isNotFoundAndInvalidated() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().complete(STALE);
        leases.getLast().complete(LeaseOutcome.Other.DENIED);

        coldReads.getLast().complete(ColdRead.Absent.ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.COLD));
        assertThat(invalidated).containsExactly(ALICE);
    }

    @Test
    void lookup_missesExpectedAndColdStoreFails_servesAStaleUser() {
        missesExpected = true;
        Future<LookupResult> answer = lookup(ALICE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.TIMEOUT));

        lastResorts.getLast().complete(STALE);

        assertThat(answer.result()).isEqualTo(new StaleUser(JSON, SINCE));
    }

    @Test
    void lookup_missesExpectedAndNothingKnown_isUnavailable() {
        missesExpected = true;
        Future<LookupResult> answer = lookup(ALICE);
        leases.getLast().complete(new LeaseOutcome.Granted(TOKEN));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.TIMEOUT));

        lastResorts.getLast().fail(new StoreFailure("hot", Failure.TIMEOUT));

        assertThat(answer.result()).isEqualTo(new Unavailable(Reason.FAILED));
    }

    @Test
    void lookup_closeToSoftTtl_isAHitAndRefreshedAheadOnce() {
        for (int i = 0; i < 2; i++) {
            Future<LookupResult> answer = lookup(ALICE);
            hotReads.getLast().complete(new HotRead.Hit(JSON, true));
            assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        }
        assertThat(earlyLeases).hasSize(1);
        earlyLeases.getLast().complete(new LeaseOutcome.Granted(TOKEN));

        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));

        assertThat(fills).containsExactly("alice " + FRESH + " token");
    }

    @Test
    void lookup_closeToSoftTtlAndLeaseDenied_readsNothing() {
        lookup(ALICE);
        hotReads.getLast().complete(new HotRead.Hit(JSON, true));

        earlyLeases.getLast().complete(LeaseOutcome.Other.DENIED);

        assertThat(coldReads).isEmpty();
    }

    @Test
    void lookup_hotStoreSkippedAndColdStoreFails_readsTheHotStoreAfterAll() {
        Future<LookupResult> answer = lookup(ALICE);
        hotReads.getLast().fail(new StoreFailure("hot", Failure.SKIPPED));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        lastResorts.getLast().complete(new HotRead.Hit(JSON, false));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
    }

    @Test
    void lookup_staleAndColdStoreKnownDown_isServedStaleWithoutALease() {
        coldKnownDown = true;
        Future<LookupResult> answer = lookup(ALICE);

        hotReads.getLast().complete(STALE);

        assertThat(answer.result()).isEqualTo(new StaleUser(JSON, SINCE));
        assertThat(leases).isEmpty();
    }

    @Test
    void lookup_missesExpectedAndColdStoreKnownDown_readsTheHotStoreFirst() {
        missesExpected = true;
        coldKnownDown = true;

        lookup(ALICE);

        assertThat(hotReads).hasSize(1);
        assertThat(leases).isEmpty();
    }
}
