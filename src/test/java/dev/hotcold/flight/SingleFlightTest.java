package dev.hotcold.flight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.loop.Completion;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SingleFlightTest {

    private final SingleFlight<String, String> flights = new SingleFlight<>();
    private final List<Promise<String>> started = new ArrayList<>();

    private Future<String> join(String key) {
        return join(key, (ignored, call) -> {
            Promise<String> promise = Promise.promise();
            started.add(promise);
            promise.future().onComplete(call::complete, call::fail);
        });
    }

    private Future<String> join(String key, SingleFlight.Work<String, String> work) {
        Promise<String> heard = Promise.promise();
        flights.join(key, work, new Completion<>() {
            @Override
            public void complete(String outcome) {
                heard.complete(outcome);
            }

            @Override
            public void fail(Throwable cause) {
                heard.fail(cause);
            }
        });
        return heard.future();
    }

    @Test
    void join_whileInFlight_startsOnceAndSharesTheOutcome() {
        Future<String> first = join("a");
        Future<String> second = join("a");

        started.getFirst().complete("found");

        assertThat(started).hasSize(1);
        assertThat(first.result()).isEqualTo("found");
        assertThat(second.result()).isEqualTo("found");
        assertThat(flights.size()).isZero();
    }

    @Test
    void join_otherKey_startsItsOwn() {
        join("a");
        join("b");

        assertThat(started).hasSize(2);
        assertThat(flights.size()).isEqualTo(2);
    }

    @Test
    void join_afterSuccess_startsAnew() {
        join("a");
        started.getFirst().complete("one");

        join("a");

        assertThat(started).hasSize(2);
    }

    @Test
    void join_afterFailure_startsAnew() {
        Future<String> failed = join("a");
        started.getFirst().fail("broke");

        join("a");

        assertThat(failed.failed()).isTrue();
        assertThat(started).hasSize(2);
    }

    @Test
    void join_workThrows_failsAndStrandsNothing() {
        Future<String> failed = join("a", (key, call) -> {
            throw new IllegalStateException("at the start");
        });

        assertThat(failed.cause()).hasMessage("at the start");
        assertThat(flights.size()).isZero();
    }

    @Test
    void join_workEndsAtOnce_isNotKept() {
        Future<String> done = join("a", (key, call) -> call.complete("at once"));

        assertThat(done.result()).isEqualTo("at once");
        assertThat(flights.size()).isZero();
    }

    /** A waiter that asks again from its callback must not join the call that has just ended. */
    @Test
    void join_fromACallbackOfTheOutcome_startsAnew() {
        List<Future<String>> again = new ArrayList<>();
        join("a").onSuccess(found -> again.add(join("a")));

        started.getFirst().complete("old");

        assertThat(started).hasSize(2);
        assertThat(again.getFirst().isComplete()).isFalse();
    }
}
