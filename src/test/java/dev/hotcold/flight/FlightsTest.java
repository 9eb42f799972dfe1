package dev.hotcold.flight;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlightsTest {

    private final Flights<String, String> flights = new Flights<>();
    private final List<Promise<String>> started = new ArrayList<>();

    private Future<String> join(String key) {
        return join(key, (ignored, flight) -> {
            Promise<String> promise = Promise.promise();
            started.add(promise);
            promise.future().onComplete(flight::landed, flight::crashed);
        });
    }

    private Future<String> join(String key, Flights.TakeOff<String, String> takeOff) {
        Promise<String> heard = Promise.promise();
        flights.join(key, takeOff, new Landing<>() {
            @Override
            public void landed(String outcome) {
                heard.complete(outcome);
            }

            @Override
            public void crashed(Throwable cause) {
                heard.fail(cause);
            }
        });
        return heard.future();
    }

    @Test
    void join_whileInTheAir_startsOnceAndSharesTheOutcome() {
        Future<String> first = join("a");
        Future<String> second = join("a");

        started.getFirst().complete("landed");

        assertThat(started).hasSize(1);
        assertThat(first.result()).isEqualTo("landed");
        assertThat(second.result()).isEqualTo("landed");
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
        started.getFirst().fail("crashed");

        join("a");

        assertThat(failed.failed()).isTrue();
        assertThat(started).hasSize(2);
    }

    @Test
    void join_takeOffThrows_failsAndStrandsNothing() {
        Future<String> failed = join("a", (key, flight) -> {
            throw new IllegalStateException("on the runway");
        });

        assertThat(failed.cause()).hasMessage("on the runway");
        assertThat(flights.size()).isZero();
    }

    @Test
    void join_takeOffLandsAtOnce_isNotKept() {
        Future<String> done = join("a", (key, flight) -> flight.landed("at once"));

        assertThat(done.result()).isEqualTo("at once");
        assertThat(flights.size()).isZero();
    }

    /** Who asks again from a callback of the landing must not join the flight that has just landed. */
    @Test
    void join_fromACallbackOfTheLanding_startsAnew() {
        List<Future<String>> again = new ArrayList<>();
        join("a").onSuccess(landed -> again.add(join("a")));

        started.getFirst().complete("old");

        assertThat(started).hasSize(2);
        assertThat(again.getFirst().isComplete()).isFalse();
    }
}
