package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.app.DocumentedMeters;
import dev.hotcold.testkit.FrontProxy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** deploy/prometheus: alerts on metrics that there are, with entries of the runbook that there are. */
class AlertsTest {

    private static final Path DIRECTORY = Path.of("deploy", "prometheus");
    private static final Path RUNBOOK = Path.of("docs", "operate", "runbook.md");

    private static final Pattern ALERT = Pattern.compile("(?m)^ *- alert: (\\w+)$");
    private static final Pattern METRIC = Pattern.compile("\\bhotcold_\\w+");
    private static final Pattern LINK = Pattern.compile("(?m)^ *runbook: \\S+#(.+)$");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(Hotcold\\w+)` \\| .*\\]\\(#([^)]+)\\) \\|$");

    private static String rules() throws IOException {
        return Files.readString(DIRECTORY.resolve("alerts.yml"));
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group(match.groupCount()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void metrics_ofTheRulesAndOfTheirTests_areExported() throws IOException {
        String scrape = DocumentedMeters.scrape();

        String named = rules() + Files.readString(DIRECTORY.resolve("alerts.test.yml"));
        assertThat(found(METRIC, named))
                .hasSizeGreaterThan(5)
                .allSatisfy(metric -> assertThat(scrape).containsPattern("(?m)^" + metric + "[ {]"));
    }

    @Test
    void links_ofTheRules_leadToEntriesOfTheRunbook() throws IOException {
        List<String> links =
                LINK.matcher(rules()).results().map(match -> match.group(1)).toList();

        assertThat(links).hasSameSizeAs(found(ALERT, rules()));
        assertThat(Markdown.read(RUNBOOK).anchors()).containsAll(links);
    }

    @Test
    void alerts_each_haveARowInTheRunbook() throws IOException {
        Set<String> rows = ROW.matcher(Files.readString(RUNBOOK))
                .results()
                .map(match -> match.group(1) + " " + match.group(2))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> rules = Pattern.compile("- alert: (\\w+)\\n(?:(?!- alert).*\\n)*? *runbook: \\S+#(\\S+)\\n")
                .matcher(rules())
                .results()
                .map(match -> match.group(1) + " " + match.group(2))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rows).isEqualTo(rules).hasSizeGreaterThan(5);
    }

    @ParameterizedTest
    @CsvSource({"check, alerts.yml", "test, alerts.test.yml"})
    void rules_byPromtool_areWell(String what, String file) throws Exception {
        // Prometheus' own tool is no library of Maven; the tests above hold the metrics and the links without it.
        assumeTrue(FrontProxy.isInstalled("promtool"), "promtool is not on PATH, so the alerts are not tried");

        Process promtool = new ProcessBuilder("promtool", what, "rules", file)
                .directory(DIRECTORY.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(promtool.waitFor()).as(said).isZero();
    }
}
