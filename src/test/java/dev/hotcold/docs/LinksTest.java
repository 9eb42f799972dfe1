package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every link of the documents leads somewhere, every page can be found, and lines and pages are as short as agreed. */
final class LinksTest {

    private static final int MOST_CHARACTERS = 120;

    private static final List<String> PLACES_WITH_CODE =
            List.of("src", "bin", "bench", "deploy", "migrations", "Dockerfile", "Makefile", "pom.xml", ".env.example");

    /** What code and comments call a document by; a decision may be named by its number alone. */
    private static final Pattern REFERENCE =
            Pattern.compile("(?<![\\w/.-])(docs/[\\w./-]*\\w|(?:README|DESIGN|CONTRIBUTING|CHANGELOG)\\.md)");

    private final List<Markdown> pages = Markdown.all();

    @Test
    void links_each_leadToAFileAndAHeading() {
        List<String> broken = pages.stream()
                .flatMap(page -> page.links().stream()
                        .filter(link -> !leadsSomewhere(link))
                        .map(link -> page.path() + " -> " + link))
                .toList();

        assertThat(pages).hasSizeGreaterThan(30);
        assertThat(broken).isEmpty();
    }

    @Test
    void pages_each_canBeFoundFromTheReadme() {
        Set<Path> found = new HashSet<>();
        Deque<Path> next = new ArrayDeque<>(List.of(Path.of("README.md")));
        while (!next.isEmpty()) {
            Path page = next.remove();
            if (Files.exists(page) && found.add(page)) {
                Markdown.read(page).links().stream()
                        .map(link -> pageOf(link.file()))
                        .filter(path -> path.toString().endsWith(".md"))
                        .forEach(next::add);
            }
        }

        assertThat(pages).extracting(Markdown::path).allMatch(found::contains);
    }

    @Test
    void prose_eachLine_isWrapped() {
        List<String> tooLong = pages.stream()
                .flatMap(page -> page.linesBeyond(MOST_CHARACTERS).stream().map(line -> page.path() + ": " + line))
                .toList();

        assertThat(tooLong).isEmpty();
    }

    @Test
    void frontPages_areShort() {
        assertThat(Markdown.read(Path.of("README.md")).text().lines().count()).isLessThanOrEqualTo(90);
        assertThat(Markdown.read(Path.of("DESIGN.md")).text().lines().count()).isLessThanOrEqualTo(40);
    }

    @Test
    void code_referencesToDocuments_leadSomewhere() {
        List<String> references = PLACES_WITH_CODE.stream()
                .flatMap(place -> filesBelow(Path.of(place)))
                .flatMap(file -> REFERENCE.matcher(read(file)).results().map(match -> match.group(1)))
                .distinct()
                .toList();

        assertThat(references).hasSizeGreaterThan(5).allMatch(LinksTest::namesADocument);
    }

    @Test
    void anchors_headings_areGitHubs() {
        Markdown page = new Markdown(Path.of("page.md"), """
                # Never stale

                ## Retries: `REDIS_MAX_RETRIES`, and why
                ```
                # no heading
                ```
                ## Never stale
                """);

        assertThat(page.anchors()).containsExactly("never-stale", "retries-redis_max_retries-and-why", "never-stale-1");
    }

    private boolean leadsSomewhere(Markdown.Link link) {
        Path page = pageOf(link.file());
        return Files.exists(page)
                && (link.anchor().isEmpty() || Markdown.read(page).anchors().contains(link.anchor()));
    }

    /** A link to a directory shows its README. */
    private static Path pageOf(Path file) {
        return Files.isDirectory(file) ? file.resolve("README.md") : file;
    }

    private static boolean namesADocument(String reference) {
        Path path = Path.of(reference);
        if (Files.exists(path)) {
            return true;
        }
        try (Stream<Path> siblings = Files.list(path.resolveSibling(""))) {
            return siblings.anyMatch(file -> file.toString().startsWith(reference + "-"));
        } catch (IOException noSuchDirectory) {
            return false;
        }
    }

    private static Stream<Path> filesBelow(Path place) {
        try (Stream<Path> files = Files.walk(place)) {
            return files
                    .filter(file -> Files.isRegularFile(file)
                            && !file.toString().contains("FuzzTestInputs")
                            && !file.toString().contains("swagger"))
                    .toList()
                    .stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
