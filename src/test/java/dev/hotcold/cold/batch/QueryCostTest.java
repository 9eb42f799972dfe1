package dev.hotcold.cold.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class QueryCostTest {

    private static final int LARGEST = 256;
    private static final Duration TARGET = Duration.ofMillis(50);

    private final QueryCost cost = new QueryCost(LARGEST, TARGET);
    private final Random random = new Random(1);

    @Test
    void maxIds_nothingKnown_isTheLargest() {
        assertThat(cost.maxIds()).isEqualTo(LARGEST);
        assertThat(cost.nanos(LARGEST)).isZero();
    }

    @Test
    void maxIds_cheapQueries_isTheLargest() {
        query(200, ids -> micros(300 + 10L * ids));

        assertThat(cost.maxIds()).isEqualTo(LARGEST);
        assertThat(cost.nanos(100)).isCloseTo(micros(1300), within(micros(50)));
    }

    @Test
    void maxIds_eachIdCostsMuch_isWhatIsAnsweredWithinTheTarget() {
        query(200, ids -> micros(2_000 + 1_000L * ids));

        assertThat(cost.maxIds()).isBetween(45, 51);
    }

    @Test
    void maxIds_eachIdCostsVeryMuch_isNeverLessThanAFew() {
        query(200, ids -> micros(100_000L * ids));

        assertThat(cost.maxIds()).isEqualTo(8);
    }

    @Test
    void maxIds_onlyTheQueryItselfCostsMuch_isTheLargest() {
        query(200, ids -> micros(150_000));

        assertThat(cost.maxIds()).isGreaterThan(200);
    }

    @Test
    void maxIds_allQueriesWereLargeAndTooSlow_smallerOnesAreTried() {
        for (int i = 0; i < 100; i++) {
            cost.add(LARGEST, micros(280_000));
        }

        assertThat(cost.maxIds()).isBetween(30, 60);
    }

    @Test
    void maxIds_queriesWereGivenUp_smallerOnesAreTriedAndThenSmallerOnes() {
        cost.addGivenUp(LARGEST, micros(300_000));
        int first = cost.maxIds();
        cost.addGivenUp(first, micros(300_000));

        assertThat(first).isBetween(30, 60);
        assertThat(cost.maxIds()).isEqualTo(8);
    }

    @Test
    void maxIds_storeRecoversAfterAQueryWasGivenUp_isTheLargestWithinAFewQueries() {
        cost.addGivenUp(10, micros(300_000));
        cost.add(0, micros(300));

        for (int i = 0; i < 5; i++) {
            cost.add(8, micros(400));
        }

        assertThat(cost.maxIds()).isEqualTo(LARGEST);
        assertThat(cost.nanos(8)).isLessThan(micros(500));
    }

    @Test
    void maxIds_storeHasRecovered_isTheLargestSoon() {
        query(100, ids -> micros(1_000L * ids));

        query(100, ids -> micros(300 + 10L * ids));

        assertThat(cost.maxIds()).isEqualTo(LARGEST);
    }

    private static Offset<Long> within(long nanos) {
        return Offset.offset(nanos);
    }

    /** Queries of all sizes that are allowed at the moment. */
    private void query(int queries, IntToLongFunction nanos) {
        for (int i = 0; i < queries; i++) {
            int ids = 1 + random.nextInt(cost.maxIds());
            cost.add(ids, nanos.applyAsLong(ids));
        }
    }

    private static long micros(long micros) {
        return 1_000 * micros;
    }
}
