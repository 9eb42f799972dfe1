package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The runbook has an entry for each warning in the log and each reason in {@code /readyz}, and for nothing else. */
final class RunbookTest {

    private static final Path RUNBOOK = Path.of("docs", "operate", "runbook.md");
    private static final Path SOURCES = Path.of("src", "main", "java", "dev", "hotcold");

    private static final Pattern WARNINGS = Pattern.compile("(?:LOG|log\\(\\))\\.(?:warn|error)");

    /** What makes a store, or the change feed, degraded. */
    private static final Pattern REASONS =
            Pattern.compile("degraded|failed|fail|refused|openFailed|broken|changesMissed|makingWay"
                    + "|SessionEndedException|HotStoreException|SQLException|PostgresProblem|Unusable"
                    + "|unusable|gone|Cancelled|ErrorReply|RowError|Disconnected|Optional\\.of");

    /** The packages whose reasons {@code /readyz} gives. */
    private static final List<String> DEGRADABLE = List.of("hot", "cold", "changefeed", "tls", "http/access");

    /** A line of an entry that names a text: a list item that is code from end to end. */
    private static final Pattern KEY = Pattern.compile("(?m)^- (`+) ?(.+?) ?\\1$");

    @Test
    void runbook_entries_areThoseOfTheSources() throws IOException {
        Set<String> expected = new TreeSet<>();
        expected.addAll(warnings());
        expected.addAll(reasons());

        Set<String> documented = KEY.matcher(Files.readString(RUNBOOK))
                .results()
                .map(match -> match.group(2))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(documented)
                .as("texts in %s; those of the sources, as list items", RUNBOOK)
                .containsExactlyElementsOf(expected);
    }

    @Test
    void runbook_eachEntry_saysWhatItMeansAndWhatToDo() throws IOException {
        List<String> entries = Arrays.stream(Files.readString(RUNBOOK).split("(?m)^### "))
                .skip(1)
                .toList();

        assertThat(entries)
                .hasSizeGreaterThan(10)
                .allSatisfy(entry -> assertThat(entry)
                        .containsPattern(KEY)
                        .contains("\n**Means.** ", "\n**Callers.** ", "\n**Do.** "));
    }

    @Test
    void warnings_each_haveATemplate() {
        List<OperatorTexts.Call> calls = sources("").stream()
                .flatMap(source -> OperatorTexts.calls(source, WARNINGS))
                .toList();

        assertThat(calls)
                .isNotEmpty()
                .allSatisfy(call -> assertThat(call.templates()).hasSize(1));
    }

    /** One from each place that reasons come from, so that a renamed method does not leave the runbook incomplete. */
    @Test
    void reasons_ofEachPlace_areFound() {
        assertThat(reasons())
                .contains(
                        "no reply in time",
                        "the connection broke",
                        "the connection to {} broke; reconnecting",
                        "cannot connect to {}: {}",
                        "replied with an error: {}",
                        "NEAR_CACHE_ENTRIES has no effect: it {}",
                        "a column of the table \"users\" is not of a text type: {}",
                        "could not connect in time",
                        "a text of the table \"users\" is not valid UTF-8",
                        "does not know EVAL and EVALSHA, without which no user is cached: take the lines with rename-command for them"
                                + " out of redis.conf, and restart Redis",
                        "the certificate of {} has expired",
                        "PostgreSQL does not answer",
                        "another instance has taken over",
                        "cannot be read: {}",
                        "is not the key of the first certificate in {} ({})",
                        "no reply of the hot store for {} s",
                        "the hot store's reply is cancelled",
                        "the replication slot is being created, and waits for the end of open transactions");
    }

    @Test
    void calls_concatenation_isATemplate() {
        String source = """
                // health.degraded("in a comment");
                health.degraded("cannot connect to " + host(1, "x") + ": \\"quoted\\""
                        + " and split");
                health.degraded(why);
                batch.fail(Reason.LATE, "late");
                """;

        Stream<OperatorTexts.Call> calls = OperatorTexts.calls(source, REASONS);

        assertThat(calls.flatMap(call -> call.templates().stream()))
                .containsExactly("cannot connect to {}: \"quoted\" and split", "late");
    }

    @Test
    void calls_constantsConditionalsAndChains_areTemplates() {
        String source = """
                private static final String LATE = "no reply in time";
                health.of(Aspect.READS).degraded(LATE);
                throw new SessionEndedException(String.valueOf(failed ? cause : "cancelled"));
                health.of(Aspect.FILLS)
                        .degraded(UNKNOWN);
                """;

        Stream<OperatorTexts.Call> calls = OperatorTexts.calls(source, REASONS);

        assertThat(calls.flatMap(call -> call.templates().stream())).containsExactly("no reply in time", "cancelled");
    }

    @Test
    void results_armsAndReturns_areTemplates() {
        String source = """
                return switch (state) {
                    case MISSING -> "the table is missing";
                    default -> "an error: " + message(");");
                };
                return "gone";
                """;

        assertThat(OperatorTexts.results(source)).containsExactly("the table is missing", "an error: {}", "gone");
    }

    private static Set<String> warnings() {
        return sources("").stream()
                .flatMap(source -> OperatorTexts.calls(source, WARNINGS))
                .flatMap(call -> call.templates().stream())
                .collect(Collectors.toSet());
    }

    private static Set<String> reasons() {
        Stream<String> given = DEGRADABLE.stream()
                .flatMap(place -> sources(place).stream())
                .flatMap(source -> OperatorTexts.calls(source, REASONS))
                .flatMap(call -> call.templates().stream());
        Stream<String> described = DEGRADABLE.stream()
                .flatMap(place -> files(place).stream())
                .filter(file -> file.getFileName().toString().contains("Problem"))
                .flatMap(file -> OperatorTexts.results(read(file)));
        return Stream.concat(given, described).collect(Collectors.toSet());
    }

    private static List<String> sources(String place) {
        return files(place).stream().map(RunbookTest::read).toList();
    }

    private static List<Path> files(String place) {
        try (Stream<Path> files = Files.walk(SOURCES.resolve(place))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
