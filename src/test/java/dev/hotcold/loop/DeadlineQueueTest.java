package dev.hotcold.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.ManualTime;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadlineQueueTest {

    private static final Duration LIFE = Duration.ofMillis(100);

    private final ManualTime time = new ManualTime();
    private final DeadlineQueue<Item> queue = new DeadlineQueue<>(time, LIFE);
    private final List<String> expired = new ArrayList<>();

    private class Item extends DeadlineQueue.Entry {

        private final String name;
        private boolean settled;

        Item(String name) {
            this.name = name;
        }

        @Override
        protected boolean isSettled() {
            return settled;
        }

        @Override
        protected void expire() {
            settled = true;
            expired.add(name);
        }
    }

    private Item add(String name) {
        Item item = new Item(name);
        queue.add(item);
        return item;
    }

    @Test
    void add_notSettled_expiresAtItsTimeAndNotBefore() {
        add("a");

        time.pass(LIFE.minusNanos(1));
        assertThat(expired).isEmpty();
        time.pass(Duration.ofNanos(1));

        assertThat(expired).containsExactly("a");
    }

    @Test
    void add_settledInTime_neverExpires() {
        add("a").settled = true;

        time.pass(LIFE.multipliedBy(3));

        assertThat(expired).isEmpty();
    }

    @Test
    void add_severalOverTime_eachExpiresAtItsOwnTime() {
        add("a");
        time.pass(Duration.ofMillis(30));
        add("b").settled = true;
        add("c");
        time.pass(Duration.ofMillis(30));
        add("d");

        time.pass(Duration.ofMillis(40));
        assertThat(expired).containsExactly("a");
        time.pass(Duration.ofMillis(30));
        assertThat(expired).containsExactly("a", "c");
        time.pass(Duration.ofMillis(30));
        assertThat(expired).containsExactly("a", "c", "d");
    }

    @Test
    void add_many_usesOneTimer() {
        for (int i = 0; i < 1000; i++) {
            add("x");
        }

        assertThat(time.pending()).isEqualTo(1);
    }

    /** A caller that waits long must not keep the answers of all who came after it in memory. */
    @Test
    void add_manySettledBehindAnUnsettledOne_areReleasedBeforeTheirTime() {
        add("waits");
        WeakReference<Item> settled = new WeakReference<>(addSettled());
        for (int i = 0; i < 5000; i++) {
            var _ = addSettled();
        }

        await().until(() -> {
            System.gc();
            return settled.get() == null;
        });
        time.pass(LIFE);
        assertThat(expired).containsExactly("waits");
    }

    private Item addSettled() {
        Item item = add("settled");
        item.settled = true;
        return item;
    }

    @Test
    void add_fromAnExpiry_expiresInItsTurn() {
        queue.add(new Item("first") {
            @Override
            protected void expire() {
                super.expire();
                add("second");
            }
        });

        time.pass(LIFE);
        assertThat(expired).containsExactly("first");
        time.pass(LIFE);

        assertThat(expired).containsExactly("first", "second");
    }

    @Test
    void add_fromAnExpiry_delaysNoneThatWaitedBefore() {
        queue.add(new Item("first") {
            @Override
            protected void expire() {
                super.expire();
                add("late");
            }
        });
        time.pass(Duration.ofMillis(30));
        add("second");

        time.pass(LIFE);

        assertThat(expired).containsExactly("first", "second");
    }

    @Test
    void add_afterAllSettled_startsTheTimerAgain() {
        add("a").settled = true;
        time.pass(LIFE.multipliedBy(2));
        assertThat(time.pending()).isZero();

        add("b");
        time.pass(LIFE);

        assertThat(expired).containsExactly("b");
    }
}
