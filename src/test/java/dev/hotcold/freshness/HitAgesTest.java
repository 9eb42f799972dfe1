package dev.hotcold.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HitAgesTest {

    private final HitAges ages = new HitAges();

    @Test
    void add_isCountedInTheFirstBucketThatItIsNotBeyond() {
        ages.add(0);
        ages.add(Duration.ofMillis(50).toNanos());
        ages.add(Duration.ofMillis(50).toNanos() + 1);
        ages.add(Duration.ofSeconds(10).toNanos());
        ages.add(Duration.ofDays(1).toNanos());

        assertThat(ages.count(0)).isEqualTo(2);
        assertThat(ages.count(1)).isEqualTo(1);
        assertThat(ages.count(HitAges.bounds().size() - 1)).isEqualTo(1);
        assertThat(ages.count(HitAges.bounds().size())).isEqualTo(1);
        assertThat(ages.seconds()).isEqualTo(86_410.1);
    }
}
