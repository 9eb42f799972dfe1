package dev.hotcold.app.metrics;

import dev.hotcold.ops.Component;
import dev.hotcold.ops.Health;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Publishes what is degraded: the same as {@code /readyz} says, for alerts. */
public final class HealthMetrics {

    private HealthMetrics() {}

    public static void register(MeterRegistry registry, Health health) {
        for (Component component : Component.values()) {
            Gauge.builder("hotcold.degraded", health, now -> now.isDegraded(component) ? 1 : 0)
                    .description("1 while the component is degraded, else 0; /readyz of the management port says why")
                    .tag("component", component.label())
                    .register(registry);
        }
    }
}
