package dev.hotcold.app.metrics;

import dev.hotcold.http.RefusalObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what the public server refuses, as meters. Thread-safe. */
public final class RefusalMetrics implements RefusalObserver {

    private final Counter unauthorized;
    private final Counter connections;
    private final Counter responses;
    private final Counter stalled;

    public RefusalMetrics(MeterRegistry registry) {
        this.connections = Counter.builder("hotcold.connections.refused")
                .description("Client connections refused at HTTP_MAX_CONNECTIONS")
                .register(registry);
        this.responses = Counter.builder("hotcold.requests.refused")
                .description("Requests that got a 503 because clients leave too many bytes of responses unread")
                .register(registry);
        this.stalled = Counter.builder("hotcold.connections.stalled")
                .description(
                        "Client connections closed because no byte of a response was taken for HTTP_WRITE_TIMEOUT_SEC")
                .register(registry);
        this.unauthorized = Counter.builder("hotcold.requests.unauthorized")
                .description("Lookups without a known API key")
                .register(registry);
    }

    @Override
    public void requestUnauthorized() {
        unauthorized.increment();
    }

    @Override
    public void connectionRefused() {
        connections.increment();
    }

    @Override
    public void responseRefused() {
        responses.increment();
    }

    @Override
    public void connectionStalled() {
        stalled.increment();
    }
}
