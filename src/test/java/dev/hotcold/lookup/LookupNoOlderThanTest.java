package dev.hotcold.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Callers who demand more than others. */
class LookupNoOlderThanTest extends GatedStores {

    private static final Duration MOST = Duration.ofMillis(100);

    private Future<LookupResult> demand() {
        Promise<LookupResult> answer = Promise.promise();
        lookup.lookupNoOlderThan(ALICE, MOST, answer::complete);
        return answer.future();
    }

    private void hit() {
        hotReads.getLast().complete(new HotRead.Hit(JSON, false));
    }

    @Test
    void hit_provenToBeThatYoung_isTheAnswer() {
        provenStaleness = MOST;

        Future<LookupResult> answer = demand();
        hit();

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
        assertThat(coldReads).isEmpty();
    }

    @Test
    void hit_notProvenToBeThatYoung_isReadFromTheColdStore() {
        provenStaleness = MOST.plusNanos(1);

        Future<LookupResult> answer = demand();
        hit();
        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));

        assertThat(answer.result()).isEqualTo(new Found(FRESH, Layer.REFRESHED));
        assertThat(leases).isEmpty();
        assertThat(fills).isEmpty();
    }

    @Test
    void hit_notProvenAndColdStoreIsBehind_isServedAndMarked() {
        isHotFollowed = true;

        Future<LookupResult> answer = demand();
        hit();
        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER, true, true));

        assertThat(answer.result()).isEqualTo(StaleUser.unproven(JSON));
    }

    @Test
    void hit_notProvenAndColdStoreFails_isServedAndMarked() {
        Future<LookupResult> answer = demand();
        hit();
        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));

        assertThat(answer.result()).isEqualTo(StaleUser.unproven(JSON));
    }

    @Test
    void hit_notProvenAndColdStoreSlow_isServedAndMarkedWithinTheBudget() {
        Future<LookupResult> answer = demand();
        hit();

        time.pass(BUDGET.dividedBy(3));

        assertThat(answer.result()).isEqualTo(StaleUser.unproven(JSON));
    }

    @Test
    void hit_notProvenAndColdStoreKnownDown_isServedAndMarkedAtOnce() {
        coldKnownDown = true;

        Future<LookupResult> answer = demand();
        hit();

        assertThat(answer.result()).isEqualTo(StaleUser.unproven(JSON));
        assertThat(coldReads).isEmpty();
    }

    @Test
    void miss_isReadUnderALeaseAndFilled() {
        Future<LookupResult> answer = demand();
        missWithLease();
        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.COLD));
        assertThat(fills).containsExactly("alice " + JSON + " token");
    }

    /** By another call, and how old what that read is, is not known. */
    @Test
    void miss_filledMeanwhileAndNotProven_isReadFromTheColdStore() {
        Future<LookupResult> answer = demand();
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(new LeaseOutcome.Filled(JSON, false));
        coldReads.getLast().complete(new ColdRead.Present(FRESH_USER));

        assertThat(answer.result()).isEqualTo(new Found(FRESH, Layer.REFRESHED));
    }

    @Test
    void miss_knownAbsentAndNotProven_isReadFromTheColdStore() {
        Future<LookupResult> answer = demand();
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(LeaseOutcome.Other.KNOWN_ABSENT);
        coldReads.getLast().complete(new ColdRead.Present(USER));

        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.COLD));
    }

    @Test
    void miss_knownAbsentAndProven_isTheAnswer() {
        provenStaleness = MOST;

        Future<LookupResult> answer = demand();
        hotReads.getLast().complete(HotRead.Miss.MISS);
        leases.getLast().complete(LeaseOutcome.Other.KNOWN_ABSENT);

        assertThat(answer.result()).isEqualTo(new NotFound(Layer.HOT));
    }

    /** It may have been begun, and have read, long before. */
    @Test
    void anotherCallIsUnderWay_isNotJoined() {
        lookup(ALICE);
        provenStaleness = MOST;

        Future<LookupResult> answer = demand();

        assertThat(hotReads).hasSize(2);
        hit();
        assertThat(answer.result()).isEqualTo(new Found(JSON, Layer.HOT));
    }

    @Test
    void bothStoresFail_whatIsThereAsLastResortIsMarked() {
        Future<LookupResult> answer = demand();
        hotReads.getLast().fail(new StoreFailure("hot", Failure.TIMEOUT));
        coldReads.getLast().fail(new StoreFailure("cold", Failure.DISCONNECTED));
        lastResorts.getLast().complete(new HotRead.Hit(JSON, false));

        assertThat(answer.result()).isEqualTo(StaleUser.unproven(JSON));
    }
}
