package dev.hotcold.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.app.DocumentedMeters;
import dev.hotcold.docs.Scrape;
import dev.hotcold.testkit.FrontProxy;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** deploy/grafana: dashboards that Grafana can tell apart, of metrics and labels that there are. */
class DashboardsTest {

    private static final Path ALERTS = Path.of("deploy", "prometheus", "alerts.yml");
    private static final Path GRAFANA = Path.of("deploy", "grafana", "provisioning");

    private static final Pattern SELECTOR = Pattern.compile("\\b(?<metric>[a-z]\\w*)\\{(?<labels>[^}]*)}");
    private static final Pattern MATCHER = Pattern.compile("(?<label>\\w+)(?:=~|!~|!=|=)\"(?<value>[^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\bby \\((?<labels>[^)]*)\\)");

    /** What Prometheus adds to every sample, and the bounds of buckets. */
    private static final Set<String> ADDED = Set.of("job", "instance", "le");

    /** Prometheus' own; and what Micrometer registers with the first collection, as docs/operate/metrics.md says. */
    private static final Set<String> NOT_OF_A_FRESH_SCRAPE =
            Set.of("up", "jvm_gc_pause_seconds_sum", "jvm_gc_pause_seconds_max");

    private final List<Dashboard> dashboards = Dashboard.all();

    @TempDir
    private Path directory;

    @Test
    void identities_ofDashboardsAndPanels_areUnique() {
        assertThat(dashboards)
                .hasSizeGreaterThan(3)
                .allSatisfy(dashboard -> assertThat(dashboard.uid()).isEqualTo("hotcold-" + dashboard.file()));
        assertThat(dashboards)
                .extracting(dashboard -> dashboard.json().getString("title"))
                .doesNotHaveDuplicates();
        assertThat(dashboards)
                .allSatisfy(dashboard -> assertThat(dashboard.panels())
                        .hasSizeGreaterThan(10)
                        .extracting(panel -> panel.getInteger("id"))
                        .doesNotHaveDuplicates()
                        .doesNotContainNull());
    }

    @Test
    void metrics_ofEveryExpression_areExported() {
        Map<String, Scrape.Metric> exported = samples();
        List<String> used = selectors()
                .map(selector -> selector.group("metric"))
                .filter(metric -> !NOT_OF_A_FRESH_SCRAPE.contains(metric))
                .distinct()
                .toList();

        assertThat(used).hasSizeGreaterThan(40).isSubsetOf(exported.keySet());
    }

    /** A metric without a selector would be of every job there is, and unseen by the tests here. */
    @Test
    void metrics_ofEveryExpression_haveASelector() {
        Set<String> named = expressions()
                .flatMap(expression -> Pattern.compile("\\b(?:hotcold|jvm|process|system)_\\w+")
                        .matcher(expression)
                        .results()
                        .map(name -> expression.substring(name.end()).startsWith("{") ? "" : name.group()))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(named).containsExactly("");
        assertThat(selectors())
                .allSatisfy(selector ->
                        assertThat(selector.group("labels")).contains("job=\"$job\"", "instance=~\"$instance\""));
    }

    /** A label that no sample has selects nothing, without an error. */
    @Test
    void labels_ofEverySelector_areExportedWithTheirValues() {
        Map<String, Scrape.Metric> exported = samples();
        List<LabelMatcher> matchers = selectors()
                .filter(selector -> exported.containsKey(selector.group("metric")))
                .flatMap(selector -> MATCHER.matcher(selector.group("labels"))
                        .results()
                        .filter(matcher -> !ADDED.contains(matcher.group("label")))
                        .map(matcher -> new LabelMatcher(
                                selector.group("metric"), matcher.group("label"), matcher.group("value"))))
                .distinct()
                .toList();

        assertThat(matchers)
                .hasSizeGreaterThan(5)
                .allSatisfy(matcher -> assertThat(Objects.requireNonNull(exported.get(matcher.metric()))
                                .labels()
                                .getOrDefault(matcher.label(), Set.of()))
                        .as("%s", matcher)
                        .containsAll(List.of(matcher.value().split("\\|"))));
    }

    @Test
    void groupings_areByLabelsOfTheirMetrics() {
        Map<String, Scrape.Metric> exported = samples();

        assertThat(expressions()
                        .filter(expression -> GROUPING.matcher(expression).find()))
                .hasSizeGreaterThan(20)
                .allSatisfy(expression -> {
                    Set<String> labels = new TreeSet<>(ADDED);
                    SELECTOR.matcher(expression).results().forEach(selector -> {
                        Scrape.Metric metric = exported.get(selector.group("metric"));
                        labels.addAll(
                                metric == null ? Set.of() : metric.labels().keySet());
                    });
                    assertThat(GROUPING.matcher(expression)
                                    .results()
                                    .flatMap(by -> Stream.of(by.group("labels").split(", "))))
                            .isSubsetOf(labels);
                });
    }

    /** An operator imports a dashboard beside another data source: each panel uses the one that is chosen above. */
    @Test
    void variables_thatAreUsed_areDefined() {
        assertThat(dashboards).allSatisfy(dashboard -> {
            Set<String> defined = dashboard.variables().stream()
                    .map(variable -> variable.getString("name"))
                    .collect(Collectors.toSet());
            Set<String> used = Pattern.compile("\\$\\{?(\\w+)")
                    .matcher(dashboard.json().encode())
                    .results()
                    .map(name -> name.group(1))
                    .filter(name -> !name.startsWith("__"))
                    .collect(Collectors.toSet());
            assertThat(defined).containsExactlyInAnyOrderElementsOf(used);
            assertThat(dashboard.charts())
                    .extracting(panel -> panel.getJsonObject("datasource").getString("uid"))
                    .containsOnly("${datasource}");
        });
    }

    @Test
    void alerts_thatAreNamed_exist() throws IOException {
        Pattern name = Pattern.compile("Hotcold\\w+");
        Set<String> named = dashboards.stream()
                .flatMap(dashboard -> name.matcher(dashboard.json().encode()).results())
                .map(match -> match.group())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(Files.readString(ALERTS)).contains(named);
        assertThat(named).hasSizeGreaterThan(3);
    }

    /** As the compose file mounts them. */
    @Test
    void provisioning_findsTheDashboardsAndPrometheus() throws IOException {
        Map<String, Object> compose = new Yaml().load(Files.readString(Path.of("deploy", "docker-compose.yml")));
        JsonObject services = new JsonObject(compose).getJsonObject("services");
        String provider = Files.readString(GRAFANA.resolve(Path.of("dashboards", "hotcold-user-api.yml")));
        String source = Files.readString(GRAFANA.resolve(Path.of("datasources", "prometheus.yml")));

        assertThat(services.getJsonObject("grafana").getJsonArray("volumes"))
                .contains(
                        "./grafana/provisioning:/etc/grafana/provisioning:ro",
                        "./grafana/dashboards:/etc/grafana/dashboards:ro");
        assertThat(services.getJsonObject("grafana")
                        .getJsonObject("environment")
                        .getString("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"))
                .isIn(dashboards.stream()
                        .map(dashboard -> "/etc/grafana/dashboards/" + dashboard.file() + ".json")
                        .toList());
        assertThat(services.getJsonObject("prometheus").getJsonArray("volumes"))
                .contains("./prometheus:/etc/prometheus:ro");
        assertThat(provider).contains("path: /etc/grafana/dashboards\n");
        assertThat(source).contains("url: http://prometheus:9090\n");
    }

    @Test
    void expressions_byPromtool_areWell() throws Exception {
        // Prometheus' own tool is no library of Maven; the tests above hold metrics and labels without it.
        assumeTrue(FrontProxy.isInstalled("promtool"), "promtool is not on PATH, so the expressions are not parsed");
        List<Map<String, String>> rules = new ArrayList<>();
        expressions()
                .distinct()
                .forEach(expression -> rules.add(Map.of(
                        "record", "expression_" + rules.size(), "expr", Dashboard.withoutVariables(expression))));
        Path file = directory.resolve("rules.yml");
        Files.writeString(
                file, new Yaml().dump(Map.of("groups", List.of(Map.of("name", "dashboards", "rules", rules)))));

        assertSucceeds("promtool", "check", "rules", file.toString());
    }

    @Test
    void prometheusConfiguration_byPromtool_isWell() throws Exception {
        // As above; a fault shows at the start of the compose file's profile too.
        assumeTrue(FrontProxy.isInstalled("promtool"), "promtool is not on PATH, so the configuration is not read");

        assertSucceeds(
                "promtool",
                "check",
                "config",
                ALERTS.resolveSibling("prometheus.yml").toString());
    }

    private record LabelMatcher(String metric, String label, String value) {}

    private static void assertSucceeds(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private Stream<String> expressions() {
        return dashboards.stream().flatMap(dashboard -> dashboard.expressions().stream());
    }

    private Stream<MatchResult> selectors() {
        return expressions().flatMap(expression -> SELECTOR.matcher(expression).results());
    }

    /** The metrics of a scrape by the names of their samples. */
    private static Map<String, Scrape.Metric> samples() {
        Map<String, Scrape.Metric> samples = new TreeMap<>();
        Scrape.parse(DocumentedMeters.scrape()).forEach((name, metric) -> {
            samples.put(name, metric);
            metric.parts().forEach(part -> samples.put(name + part, metric));
        });
        return samples;
    }
}
