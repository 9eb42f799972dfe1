package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The table of what callers see under faults, as it was observed and as docs/design/fault-matrix.md has it. */
final class FaultMatrix {

    private static final Path PAGE = Path.of("docs", "design", "fault-matrix.md");
    private static final Path MEASURED = Path.of("target", "fault-matrix.md");
    private static final String BEGIN = "<!-- fault matrix: written by FaultMatrixIT -->\n";
    private static final String END = "<!-- end of fault matrix -->\n";
    private static final String HEAD =
            "| fault | hits | misses | unknown ids | recovers after |\n|---|---|---|---|---|\n";

    /** The coarse words for how long a recovery takes. */
    private static final List<Duration> CLASSES =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(3), Duration.ofSeconds(10));

    private final Map<StoreFault, String> rows = new EnumMap<>(StoreFault.class);
    private final Map<StoreFault, String> measured = new EnumMap<>(StoreFault.class);

    /** Adds what was observed under a fault. */
    void add(StoreFault fault, List<FaultObservation> observations) {
        Duration recovery = recovery(observations);
        String within = CLASSES.stream()
                .filter(limit -> recovery.compareTo(limit) <= 0)
                .findFirst()
                .map(limit -> "within " + limit.toSeconds() + " s")
                .orElseThrow();
        rows.put(fault, row(Stream.concat(Stream.of(fault.title()), words(fault, observations)), within));
        measured.put(
                fault,
                observations.stream()
                        .map(seen -> "- %s: first %s; then %s; recovers after %d ms\n"
                                .formatted(
                                        seen.kind().title(),
                                        FaultObservation.measured(seen.edge()),
                                        FaultObservation.measured(seen.steady()),
                                        seen.recovery().orElseThrow().toMillis()))
                        .collect(Collectors.joining("", "\n" + fault.title() + "\n\n", "")));
    }

    private static Stream<String> words(StoreFault fault, List<FaultObservation> observations) {
        return observations.stream().map(seen -> seen.words(fault.isOfRedis()));
    }

    private static Duration recovery(List<FaultObservation> observations) {
        return observations.stream()
                .map(seen -> seen.recovery().orElseThrow())
                .max(Duration::compareTo)
                .orElseThrow();
    }

    private static String row(Stream<String> cells, String last) {
        return Stream.concat(cells, Stream.of(last)).collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** The page says of a fault what was observed; how long a recovery takes is not compared. */
    void assertDocumented(StoreFault fault) throws IOException {
        assertThat(documented().lines().filter(line -> line.startsWith("| " + fault.title() + " |")))
                .as(PAGE + "; to rewrite it: mvn verify -Dtest=none -Dit.test=FaultMatrixIT -Dupdate=true")
                .map(FaultMatrix::withoutLastCell)
                .containsExactly(withoutLastCell(Objects.requireNonNull(rows.get(fault))));
    }

    /** The page has a row for each fault, in order, and no other. */
    static void assertComplete() throws IOException {
        assertThat(documented().lines().skip(2).map(line -> line.split(" \\| ", 2)[0]))
                .containsExactlyElementsOf(Arrays.stream(StoreFault.values())
                        .map(fault -> "| " + fault.title())
                        .toList());
    }

    private static String withoutLastCell(String row) {
        return row.substring(0, row.lastIndexOf(" | "));
    }

    private static String documented() throws IOException {
        String page = Files.readString(PAGE);
        return page.substring(page.indexOf(BEGIN) + BEGIN.length(), page.indexOf(END));
    }

    /** Puts what was observed under every fault into the page. */
    void writeDocumented() throws IOException {
        assertThat(rows).hasSize(StoreFault.values().length);
        String page = Files.readString(PAGE);
        String before = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
        Files.writeString(PAGE, before + table() + page.substring(page.indexOf(END)));
    }

    /** Prints what was observed, and writes what was measured to a file. */
    void publish() throws IOException {
        Files.writeString(MEASURED, table() + String.join("", measured.values()));
        System.out.print(Files.readString(MEASURED));
    }

    private String table() {
        return HEAD + String.join("", rows.values());
    }
}
