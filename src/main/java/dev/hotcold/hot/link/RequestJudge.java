package dev.hotcold.hot.link;

import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.lookup.LookupObserver.Failure;

/**
 * What the outcome of a request says about Redis: to its health and to the circuit breaker.
 *
 * <p>Confined to: its event loop.
 */
final class RequestJudge {

    private final RedisHealth health;
    private final CircuitBreaker breaker;

    RequestJudge(RedisHealth health, CircuitBreaker breaker) {
        this.health = health;
        this.breaker = breaker;
    }

    /** The reply came in time. */
    void succeeded(RedisRequest<?> request) {
        switch (request.kind()) {
            case READ -> {
                health.of(Aspect.READS).recovered();
                breaker.succeeded(request.firstSending());
            }
            case LEASE -> {
                health.of(Aspect.LEASES).recovered();
                breaker.succeeded(request.firstSending());
            }
            case FILL -> health.of(Aspect.FILLS).recovered();
            case PROBE, UPKEEP, WATCH -> {}
        }
    }

    /** @param why a connection that broke has been reported as such */
    void failed(RedisRequest<?> request, Failure why, String reason) {
        switch (request.kind()) {
            case READ -> {
                // A reply that is overdue has been reported as such.
                if (why == Failure.ERROR_REPLY) {
                    health.of(Aspect.READS).degraded(reason);
                }
                breaker.failed(request.firstSending());
            }
            case LEASE -> {
                if (why != Failure.DISCONNECTED) {
                    health.of(Aspect.LEASES).degraded(reason);
                }
                if (why == Failure.TIMEOUT) {
                    breaker.failed(request.firstSending());
                }
            }
            case FILL -> {
                if (why != Failure.DISCONNECTED) {
                    health.of(Aspect.FILLS).degraded(reason);
                }
            }
            case PROBE, UPKEEP, WATCH -> {}
        }
    }

    /** The deadline has come while the connection stands: the reply is owed. */
    void overdue(RedisRequest<?> request) {
        if (request.kind() == RedisRequest.Kind.READ) {
            health.of(Aspect.READS).degraded(InFlightRequests.LATE);
        }
    }

    /** A reply that was overdue has come, and is no error. */
    void repliedLate(RedisRequest<?> request) {
        if (request.kind() == RedisRequest.Kind.READ) {
            health.of(Aspect.READS).recovered();
        }
    }
}
