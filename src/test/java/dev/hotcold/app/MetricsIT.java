package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.docs.Scrape;
import dev.hotcold.docs.Scrape.Metric;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Metrics on the management port move as the requests say. */
class MetricsIT {

    @Test
    void metrics_afterKnownRequests_sayWhatHappened() {
        Servers servers = Servers.shared();
        servers.put("alice", "d", "p");
        try (TestService service = TestService.start(servers)) {
            service.lookup("alice");
            for (int i = 0; i < 3; i++) {
                service.lookup("alice");
            }
            service.lookup("nobody");
            service.lookup("not%20valid");

            assertThat(lookups(service, "cold", "found")).isEqualTo(1);
            assertThat(lookups(service, "hot", "found")).isEqualTo(3);
            assertThat(lookups(service, "cold", "not_found")).isEqualTo(1);
            assertThat(service.metric("hotcold_requests_invalid_total")).isEqualTo(1);
            assertThat(service.metric("hotcold_hot_batch_size_sum")).isEqualTo(5);
            assertThat(service.metric("hotcold_hot_batch_seconds_count")).isEqualTo(5);
            assertThat(service.metric("hotcold_cold_batch_size_sum")).isEqualTo(2);
            assertThat(service.metric("hotcold_hot_leases_total{outcome=\"granted\"}"))
                    .isEqualTo(2);
            assertThat(service.metric("hotcold_hot_fills_total{outcome=\"stored\"}"))
                    .isEqualTo(1);
            assertThat(service.metric("hotcold_hot_fills_total{outcome=\"lease_lost\"}"))
                    .isZero();
            assertThat(service.metric("hotcold_cold_queue")).isZero();
            assertThat(service.metric("hotcold_cold_batches_in_flight")).isZero();
            assertThat(service.metric("hotcold_hot_batches_in_flight")).isZero();
            assertThat(service.metric("hotcold_cold_connections")).isPositive();
            assertThat(service.metric("hotcold_lookups_seconds_bucket{layer=\"hot\",outcome=\"found\",le=\"1.0\"}"))
                    .isEqualTo(3);
        }
    }

    /** The documentation is rendered from the documented meters, as DocumentationTest holds. */
    @Test
    void metrics_ofARunningService_areTheDocumentedOnes() {
        try (TestService service = TestService.start(Servers.shared())) {
            service.lookup("nobody");

            Map<String, Metric> scraped =
                    Scrape.parse(service.manage("/metrics").body());

            Map<String, Metric> documented = Scrape.parse(DocumentedMeters.scrape());
            assertThat(ours(scraped)).isEqualTo(ours(documented));
            assertThat(documented.keySet()).containsAll(withoutPauses(scraped));
        }
    }

    private static Map<String, Metric> ours(Map<String, Metric> metrics) {
        Map<String, Metric> ours = new TreeMap<>(metrics);
        ours.keySet().removeIf(name -> !name.startsWith("hotcold_"));
        ours.computeIfPresent("hotcold_build_info", (_, build) -> withoutLabelValues(build));
        // As many as there are event loops.
        ours.computeIfPresent("hotcold_proven_staleness_seconds", (_, proven) -> withoutLabelValues(proven));
        return ours;
    }

    private static Metric withoutLabelValues(Metric metric) {
        Map<String, Set<String>> labels = new TreeMap<>(metric.labels());
        labels.replaceAll((_, _) -> Set.of());
        return new Metric(metric.help(), metric.type(), metric.parts(), labels);
    }

    /** Those of collections are registered with the first one, in whichever process that happens. */
    private static Set<String> withoutPauses(Map<String, Metric> metrics) {
        return metrics.keySet().stream()
                .filter(name -> !name.startsWith("jvm_gc_pause") && !name.startsWith("jvm_gc_concurrent"))
                .collect(Collectors.toSet());
    }

    @Test
    void metrics_always_describeJvmAndBuild() {
        try (TestService service = TestService.start(Servers.shared())) {
            String metrics = service.manage("/metrics").body();

            assertThat(metrics)
                    .contains(
                            "jvm_memory_used_bytes",
                            "jvm_gc_memory_allocated_bytes_total",
                            "process_cpu_usage",
                            "hotcold_build_info{");
        }
    }

    @Test
    void managementPort_health_isThereTooAndMetricsAreNotPublic() {
        try (TestService service = TestService.start(Servers.shared())) {
            assertThat(service.manage("/healthz").status()).isEqualTo(200);
            // A store may be slow for a moment.
            await().untilAsserted(() ->
                    assertThat(service.manage("/readyz").body()).isEqualTo("{\"status\":\"ready\",\"degraded\":{}}"));
            assertThat(service.get("/healthz").status()).isEqualTo(200);
            assertThat(service.get("/readyz").body()).isEqualTo("{\"status\":\"ready\",\"degraded\":[]}");
            assertThat(service.get("/metrics").status()).isEqualTo(404);
        }
    }

    private static double lookups(TestService service, String layer, String outcome) {
        return service.metric("hotcold_lookups_seconds_count{layer=\"" + layer + "\",outcome=\"" + outcome + "\"}");
    }
}
