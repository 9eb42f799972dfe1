package dev.hotcold.app;

import dev.hotcold.app.metrics.CredentialMetrics;
import dev.hotcold.app.metrics.FreshnessMetrics;
import dev.hotcold.app.metrics.HealthMetrics;
import dev.hotcold.app.metrics.RefusalMetrics;
import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.http.access.CredentialStatus;
import dev.hotcold.ops.Health;
import dev.hotcold.ops.Metrics;
import dev.hotcold.ops.ProcessMetrics;
import dev.hotcold.verify.ContinuousVerification;
import dev.hotcold.verify.VerifySettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** All meters of the service without the service; {@link MetricsIT} compares them with those of a running one. */
public final class DocumentedMeters {

    private DocumentedMeters() {}

    /** What a scrape says before anything has happened, in Prometheus' text format. */
    public static String scrape() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        FeedStatus feed = new FeedStatus(true);
        try (var verification = new ContinuousVerification(
                        new VerifySettings(0),
                        () -> {
                            throw new IllegalStateException("nothing is verified here");
                        },
                        new ContinuousVerification.Changes(
                                feed::isRunning, feed::isStandby, feed::isCatchingUp, feed::limit));
                var _ = new ProcessMetrics(registry, "")) {
            var _ = new Metrics(registry);
            var _ = new RefusalMetrics(registry);
            HealthMetrics.register(registry, new Health());
            CredentialMetrics.register(registry, new NoCredentials());
            FreshnessMetrics.register(registry, feed, verification);
            FreshnessMetrics.registerProofs(registry, List.of(Optional::empty));
            return registry.scrape();
        }
    }

    private static final class NoCredentials implements CredentialStatus {

        @Override
        public Optional<String> problem(Kind kind) {
            return Optional.empty();
        }

        @Override
        public long failures(Kind kind) {
            return 0;
        }

        @Override
        public double secondsSinceCheck(Kind kind) {
            return Double.NaN;
        }

        @Override
        public Optional<Instant> certificateEnd() {
            return Optional.empty();
        }
    }
}
