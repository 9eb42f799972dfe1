package dev.hotcold.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A page of the documents.
 *
 * @param path relative to the project, normalised
 * @param text all of it
 */
record Markdown(Path path, String text) {

    private static final Pattern LINK = Pattern.compile("(?<!!)\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("#{1,6} +(.+)");
    private static final Pattern CODE_ITEM = Pattern.compile("- (`+).*\\1");
    private static final Pattern OTHERS = Pattern.compile("[a-z]+:.*");

    /**
     * A link to somewhere in the project.
     *
     * @param file what it leads to, from the root of the project
     * @param anchor in that file; empty: none
     */
    record Link(Path file, String anchor) {}

    static Markdown read(Path path) {
        try {
            return new Markdown(path.normalize(), Files.readString(path));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** All pages of the project; not those in what is built, or hidden. */
    static List<Markdown> all() {
        try (Stream<Path> root = Files.list(Path.of(""))) {
            return root.filter(path ->
                            !path.startsWith("target") && !path.toString().startsWith("."))
                    .flatMap(Markdown::walk)
                    .filter(path -> path.toString().endsWith(".md"))
                    .sorted()
                    .map(Markdown::read)
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Stream<Path> walk(Path path) {
        try (Stream<Path> below = Files.walk(path)) {
            return below.filter(Files::isRegularFile).toList().stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The links that stay in the project. */
    List<Link> links() {
        String prose = prose().collect(Collectors.joining("\n")).replaceAll("`[^`]*`", "");
        return LINK.matcher(prose)
                .results()
                .map(match -> match.group(1))
                .filter(target -> !OTHERS.matcher(target).matches())
                .map(this::link)
                .toList();
    }

    private Link link(String target) {
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        return new Link(
                file.isEmpty() ? path : path.resolveSibling(file).normalize(),
                hash < 0 ? "" : target.substring(hash + 1));
    }

    /** What links may name behind a {@code #}, as GitHub makes it of the headings. */
    List<String> anchors() {
        Map<String, Integer> seen = new HashMap<>();
        List<String> anchors = new ArrayList<>();
        for (MatchResult heading : prose().flatMap(line -> HEADING.matcher(line).results())
                .filter(match -> match.start() == 0)
                .toList()) {
            String anchor = heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .strip()
                    .replace(' ', '-');
            int before = seen.merge(anchor, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? anchor : anchor + "-" + before);
        }
        return anchors;
    }

    /** Lines of prose that are longer than so many characters. Tables and code may be. */
    List<String> linesBeyond(int most) {
        return prose().filter(line -> !line.startsWith("|"))
                .filter(line -> !CODE_ITEM.matcher(line).matches())
                .filter(line -> line.codePointCount(0, line.length()) > most)
                .toList();
    }

    /** The table whose first line begins so, as rows of cells. */
    List<List<String>> table(String begin) {
        return text.lines()
                .dropWhile(line -> !line.startsWith(begin))
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> Stream.of(line.substring(1, line.lastIndexOf('|')).split("\\|", -1))
                        .map(String::strip)
                        .toList())
                .toList();
    }

    /** All lines but those of blocks of code. */
    private Stream<String> prose() {
        List<String> lines = new ArrayList<>();
        boolean inCode = false;
        for (String line : text.lines().toList()) {
            if (line.startsWith("```")) {
                inCode = !inCode;
            } else if (!inCode) {
                lines.add(line);
            }
        }
        return lines.stream();
    }
}
