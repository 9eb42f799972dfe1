package dev.hotcold.app.metrics;

import dev.hotcold.http.access.CredentialStatus;
import dev.hotcold.http.access.CredentialStatus.Kind;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** Publishes whether the files of certificates and keys can be used. */
public final class CredentialMetrics {

    private CredentialMetrics() {}

    public static void register(MeterRegistry registry, CredentialStatus status) {
        for (Kind kind : Kind.values()) {
            FunctionCounter.builder("hotcold.credentials.failures", status, now -> now.failures(kind))
                    .description("Checks that found files of the public port that cannot be used, by what they hold")
                    .tag("file", label(kind))
                    .register(registry);
            Gauge.builder("hotcold.credentials.check.age.seconds", status, now -> now.secondsSinceCheck(kind))
                    .description("Time since the files of the public port were last checked; NaN without such files")
                    .tag("file", label(kind))
                    .register(registry);
        }
        Gauge.builder("hotcold.certificate.end.seconds", status, CredentialMetrics::certificateEnd)
                .description("End of the validity of the certificate in effect, since unix epoch; NaN without HTTPS")
                .register(registry);
    }

    private static String label(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private static double certificateEnd(CredentialStatus status) {
        return status.certificateEnd().map(end -> (double) end.getEpochSecond()).orElse(Double.NaN);
    }
}
