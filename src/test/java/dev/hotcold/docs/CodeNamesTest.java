package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Classes and methods that the documents name are in the sources: a renamed one would be looked for in vain. */
final class CodeNamesTest {

    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");

    /** As in {@code hot.link.RedisLink}, {@code hot/link/RedisLink} or {@code lookup.Lookup.lookup}. */
    private static final Pattern QUALIFIED =
            Pattern.compile("(?:dev\\.hotcold\\.)?((?:[a-z]\\w*[./])+)([A-Z]\\w*)(?:\\.([a-z]\\w*))?");

    /** A class by its name alone, which tells it from other words by a second capital letter. */
    private static final Pattern SIMPLE = Pattern.compile("([A-Z][a-z0-9]+(?:[A-Z]\\w*)+)(?:\\.([a-z]\\w*))?");

    /** Names of the JDK, of libraries and of tools. */
    private static final Set<String> OTHERS = Set.of(
            "bench/ConstantRate.java",
            "sun.misc.Signal",
            "EventLoopGroupProvider",
            "LinkedHashMap",
            "LongAdder",
            "OutOfMemoryError",
            "PostgreSQL",
            "ReservedCodeCacheSize");

    /** What names of alerts begin with; {@link AlertsTest} compares them. */
    private static final String ALERTS = "Hotcold";

    private static final List<Path> ROOTS = List.of(Path.of("src", "main", "java"), Path.of("src", "test", "java"));

    private final Map<String, Path> sources = sources();

    @Test
    void names_each_areInTheSources() {
        List<String> missing = Markdown.all().stream()
                .flatMap(page ->
                        names(page.text()).filter(name -> !isKnown(name)).map(name -> page.path() + ": " + name))
                .toList();

        assertThat(missing).isEmpty();
    }

    @Test
    void names_ofEachForm_areFoundAndChecked() {
        String page = """
                `lookup.Lookup.lookup` and `flight/SingleFlight`, `RequestBudget`, `dev.hotcold.app.command.Main`;
                `lookup.Lookup.unknown`, `hot.NoSuchClass`, `app/SingleFlight`, `NoSuchClass`, `CACHE_BYPASS`, `Date`.
                """;

        Map<Boolean, List<String>> names = names(page).collect(Collectors.partitioningBy(this::isKnown));

        assertThat(names.get(true))
                .containsExactly(
                        "lookup.Lookup.lookup", "flight/SingleFlight", "RequestBudget", "dev.hotcold.app.command.Main");
        assertThat(names.get(false))
                .containsExactly("lookup.Lookup.unknown", "hot.NoSuchClass", "app/SingleFlight", "NoSuchClass");
    }

    private static Stream<String> names(String text) {
        return CODE.matcher(text)
                .results()
                .map(span -> span.group(1))
                .filter(name -> QUALIFIED.matcher(name).matches()
                        || SIMPLE.matcher(name).matches())
                .filter(name -> !OTHERS.contains(name));
    }

    private boolean isKnown(String name) {
        if (name.startsWith(ALERTS)) {
            return true;
        }
        Matcher qualified = QUALIFIED.matcher(name);
        if (qualified.matches()) {
            Path source = sources.get(qualified.group(1).replace('.', '/') + qualified.group(2));
            return source != null && declares(source, qualified.group(3));
        }
        Matcher simple = SIMPLE.matcher(name);
        return simple.matches()
                && sources.entrySet().stream()
                        .anyMatch(source -> ("/" + source.getKey()).endsWith("/" + simple.group(1))
                                && declares(source.getValue(), simple.group(2)));
    }

    /** @param method null: the class is enough */
    private static boolean declares(Path source, @Nullable String method) {
        try {
            return method == null
                    || Pattern.compile("\\b" + method + "\\(")
                            .matcher(Files.readString(source))
                            .find();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** By package and name, as {@code hot/link/RedisLink}. */
    private static Map<String, Path> sources() {
        return ROOTS.stream()
                .map(root -> root.resolve(Path.of("dev", "hotcold")))
                .map(root -> sources(root))
                .flatMap(Collection::stream)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (main, test) -> main, TreeMap::new));
    }

    private static List<Map.Entry<String, Path>> sources(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(file -> Map.entry(
                            root.relativize(file).toString().replace('\\', '/').replaceAll("\\.java$", ""), file))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
