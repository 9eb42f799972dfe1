package dev.hotcold.app;

import dev.hotcold.app.metrics.CredentialMetrics;
import dev.hotcold.app.metrics.FreshnessMetrics;
import dev.hotcold.app.metrics.HealthMetrics;
import dev.hotcold.app.metrics.RefusalMetrics;
import dev.hotcold.freshness.FreshnessProof;
import dev.hotcold.http.access.CredentialStatus;
import dev.hotcold.http.management.ManagementServer;
import dev.hotcold.ops.Component;
import dev.hotcold.ops.Health;
import dev.hotcold.ops.ManagementPages;
import dev.hotcold.ops.ManagementSettings;
import dev.hotcold.ops.Metrics;
import dev.hotcold.ops.ProcessMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What operators see of the service: its meters, its health, and the management server that shows both. */
final class Operations implements AutoCloseable {

    private final Health health = new Health();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Metrics metrics;
    private final RefusalMetrics refusals;
    private final ProcessMetrics processMetrics;
    private final ManagementSettings settings;
    private final ManagementServer management;

    Operations(ManagementSettings settings, Vertx vertx, CacheUpkeep upkeep, CredentialStatus credentials) {
        this.metrics = new Metrics(registry);
        this.refusals = new RefusalMetrics(registry);
        this.processMetrics = new ProcessMetrics(registry, Version.current());
        this.settings = settings;
        this.management = new ManagementServer(
                settings.host(), settings.port(), vertx, ManagementPages.router(vertx, health, registry));
        health.add(Component.CHANGEFEED, upkeep.feedStatus()::reason);
        health.add(Component.VERIFICATION, upkeep.verification()::reason);
        for (CredentialStatus.Kind kind : CredentialStatus.Kind.values()) {
            health.add(component(kind), () -> credentials.problem(kind));
        }
        HealthMetrics.register(registry, health);
        CredentialMetrics.register(registry, credentials);
        FreshnessMetrics.register(registry, upkeep.feedStatus(), upkeep.verification());
    }

    private static Component component(CredentialStatus.Kind kind) {
        return switch (kind) {
            case CERTIFICATE -> Component.CERTIFICATE;
            case CLIENT_AUTHORITY -> Component.CLIENT_AUTHORITY;
            case API_KEYS -> Component.API_KEYS;
        };
    }

    Health health() {
        return health;
    }

    /** @param loops for each event loop, what it can prove of what it reads from Redis; empty = it has not begun */
    void watchProofs(List<Supplier<Optional<FreshnessProof>>> loops) {
        FreshnessMetrics.registerProofs(registry, loops);
    }

    /** Counts lookups and what the stores do for them. */
    Metrics metrics() {
        return metrics;
    }

    /** Counts what the public server refuses. */
    RefusalMetrics refusals() {
        return refusals;
    }

    /** Listens on the management port; the port is known afterwards. */
    Future<?> listen() {
        return management.listen();
    }

    /** What {@link #listen()} listens on, and by which settings. */
    String address() {
        return settings.host() + ":" + settings.port() + " (MANAGEMENT_HOST, MANAGEMENT_PORT)";
    }

    /** The management port. */
    int port() {
        return management.port();
    }

    @Override
    public void close() {
        processMetrics.close();
    }
}
