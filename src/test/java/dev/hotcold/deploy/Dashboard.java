package dev.hotcold.deploy;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One dashboard of Grafana's.
 *
 * @param file its name without .json
 */
record Dashboard(String file, JsonObject json) {

    private static final Path DIRECTORY = Path.of("deploy", "grafana", "dashboards");

    /** What Grafana puts into an expression, and what a reader without Grafana may put there instead. */
    private static final List<List<String>> VARIABLES = List.of(
            List.of("$__rate_interval", "1m"),
            List.of("$__range", "1h"),
            List.of("$instance", ".*"),
            List.of("$job", "hotcold-user-api"));

    static List<Dashboard> all() {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.sorted().map(Dashboard::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Dashboard read(Path file) {
        try {
            return new Dashboard(
                    file.getFileName().toString().replaceAll("\\.json$", ""), new JsonObject(Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String uid() {
        return json.getString("uid");
    }

    /** Rows too. */
    List<JsonObject> panels() {
        return objects(json.getJsonArray("panels"));
    }

    /** Those that show something. */
    List<JsonObject> charts() {
        return panels().stream()
                .filter(panel -> !panel.getString("type").equals("row"))
                .toList();
    }

    List<JsonObject> variables() {
        return objects(json.getJsonObject("templating").getJsonArray("list"));
    }

    /** The expressions of all panels and of the annotations, as they stand there. */
    List<String> expressions() {
        List<String> expressions = new ArrayList<>();
        charts().forEach(panel ->
                objects(panel.getJsonArray("targets")).forEach(target -> expressions.add(target.getString("expr"))));
        objects(json.getJsonObject("annotations").getJsonArray("list"))
                .forEach(annotation -> expressions.add(annotation.getString("expr")));
        return expressions;
    }

    /** The same expression without Grafana's variables. */
    static String withoutVariables(String expression) {
        String plain = expression;
        for (List<String> variable : VARIABLES) {
            plain = plain.replace(variable.getFirst(), variable.getLast());
        }
        return plain;
    }

    private static List<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast).toList();
    }
}
