package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The figures of a run have their home in docs/performance.md. What README repeats of them is the same. */
final class FiguresTest {

    private static final String TABLE = "| | requests/s |";

    @Test
    void readme_figures_areThoseOfPerformance() {
        List<List<String>> home =
                Markdown.read(Path.of("docs", "performance.md")).table(TABLE);
        List<List<String>> repeated = Markdown.read(Path.of("README.md")).table(TABLE);
        List<String> titles = home.getFirst();

        List<List<String>> expected = repeated.stream()
                .map(row -> home.stream()
                        .filter(candidate -> candidate.getFirst().equals(row.getFirst()))
                        .findFirst()
                        .orElse(List.of()))
                .map(row -> repeated.getFirst().stream()
                        .map(titles::indexOf)
                        .map(column -> column < 0 || row.isEmpty() ? "not in docs/performance.md" : row.get(column))
                        .toList())
                .toList();

        // The titles, the line below them, and five rows.
        assertThat(repeated).hasSize(7);
        assertThat(repeated.subList(2, 7)).isEqualTo(expected.subList(2, 7));
        assertThat(repeated.getFirst()).isEqualTo(expected.getFirst());
    }
}
