package dev.hotcold.app;

import dev.hotcold.http.RefusalObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what the public server refuses, as meters. Thread-safe. */
final class RefusalMetrics implements RefusalObserver {

    private final Counter unauthorized;

    RefusalMetrics(MeterRegistry registry) {
        this.unauthorized = Counter.builder("hotcold.requests.unauthorized")
                .description("Lookups without a key that is known")
                .register(registry);
    }

    @Override
    public void requestUnauthorized() {
        unauthorized.increment();
    }
}
