package dev.hotcold.docs;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The metrics of one scrape, by name. */
public final class Scrape {
    private static final Pattern SAMPLE = Pattern.compile("(?<name>\\w+)(?:\\{(?<labels>.*)})? \\S+");
    private static final Pattern LABEL = Pattern.compile("(?<name>\\w+)=\"(?<value>[^\"]*)\"");
    private static final Pattern PART = Pattern.compile("_(?:bucket|count|sum|max)$");

    /**
     * Everything that a scrape says of one metric but its values.
     *
     * @param type counter, gauge, histogram or summary
     * @param parts of a histogram or summary, the endings of its name that are scraped; else empty
     * @param labels names and values; the bounds of buckets are left out
     */
    public record Metric(String help, String type, Set<String> parts, Map<String, Set<String>> labels) {}

    private Scrape() {}

    /**
     * Reads Prometheus' text format. The maximum of a distribution, there a gauge with a name of its own, is a part of the
     * distribution.
     */
    public static Map<String, Metric> parse(String text) {
        Map<String, String> help = metadata("HELP", text);
        Map<String, String> types = metadata("TYPE", text);
        Map<String, Metric> metrics = new TreeMap<>();
        types.keySet().stream()
                .filter(name -> !(name.endsWith("_max") && types.containsKey(withoutPart(name))))
                .forEach(name -> metrics.put(
                        name,
                        new Metric(
                                help.getOrDefault(name, ""),
                                types.getOrDefault(name, ""),
                                new TreeSet<>(),
                                new TreeMap<>())));
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> read(line, metrics));
        return metrics;
    }

    private static Map<String, String> metadata(String kind, String text) {
        return Pattern.compile("^# " + kind + " (?<name>\\S+) (?<text>.*)$", Pattern.MULTILINE)
                .matcher(text)
                .results()
                .collect(Collectors.toMap(line -> line.group("name"), line -> line.group("text")));
    }

    private static String withoutPart(String name) {
        return PART.matcher(name).replaceFirst("");
    }

    private static void read(String line, Map<String, Metric> metrics) {
        Matcher sample = SAMPLE.matcher(line);
        if (!sample.matches()) {
            throw new IllegalArgumentException(line);
        }
        String name = sample.group("name");
        Metric metric = metrics.get(name);
        if (metric == null) {
            metric = metrics.get(withoutPart(name));
        }
        if (metric == null) {
            throw new IllegalArgumentException("no metadata: " + line);
        }
        if (!metrics.containsKey(name)) {
            metric.parts().add(name.substring(withoutPart(name).length()));
        }
        if (sample.group("labels") != null) {
            Map<String, Set<String>> labels = metric.labels();
            LABEL.matcher(sample.group("labels"))
                    .results()
                    .filter(label -> !label.group("name").equals("le"))
                    .forEach(label -> labels.computeIfAbsent(label.group("name"), _ -> new TreeSet<>())
                            .add(label.group("value")));
        }
    }
}
