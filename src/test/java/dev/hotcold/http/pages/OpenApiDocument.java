package dev.hotcold.http.pages;

import static java.util.Objects.requireNonNull;

import io.vertx.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The API's description as tests see it: references followed, values checked against schemas, member order included. */
final class OpenApiDocument {

    private static final Set<String> CHECKED = Set.of(
            "$ref",
            "oneOf",
            "type",
            "const",
            "enum",
            "pattern",
            "minLength",
            "maxLength",
            "minimum",
            "required",
            "properties",
            "additionalProperties",
            "items",
            "uniqueItems");
    private static final Set<String> NOTES = Set.of("description", "format", "examples");

    private final Map<?, ?> root;

    private OpenApiDocument(Map<?, ?> root) {
        this.root = root;
    }

    static String text() {
        try (InputStream in = OpenApiDocument.class.getResourceAsStream("/openapi.yaml")) {
            return new String(requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static OpenApiDocument parse(String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return new OpenApiDocument(map(new Yaml(new SafeConstructor(options)).load(yaml)));
    }

    /** The node under these keys, references followed. */
    Map<?, ?> at(String... keys) {
        Map<?, ?> node = root;
        for (String key : keys) {
            node = resolve(map(requireNonNull(node.get(key), () -> "no " + key + " in " + String.join("/", keys))));
        }
        return node;
    }

    /** The values of a media type's or component's {@code examples}. */
    List<Object> examples(Map<?, ?> holder) {
        List<Object> values = new ArrayList<>();
        for (Object example : map(holder.get("examples")).values()) {
            values.add(requireNonNull(resolve(map(example)).get("value")));
        }
        return values;
    }

    /** Calls back with every object of the document and where it stands. */
    void walk(BiConsumer<String, Map<?, ?>> visitor) {
        walk("#", root, visitor);
    }

    /** What a reference leads to; itself if it is none. */
    Map<?, ?> resolve(Map<?, ?> node) {
        Object ref = node.get("$ref");
        if (ref == null) {
            return node;
        }
        String[] steps = ((String) ref).split("/", -1);
        if (!steps[0].equals("#")) {
            throw new AssertionError("not a reference into this document: " + ref);
        }
        return at(List.of(steps).subList(1, steps.length).toArray(String[]::new));
    }

    /** What is wrong with a value; empty = nothing. A keyword that this method does not know is an error. */
    List<String> violations(Map<?, ?> schema, Object value) {
        List<String> found = new ArrayList<>();
        check(schema, value, "$", found);
        return found;
    }

    /** The value as JSON without white space, members in their order. */
    static String json(Object value) {
        return Json.encode(value);
    }

    static Map<?, ?> map(@Nullable Object node) {
        return (Map<?, ?>) requireNonNull(node);
    }

    private static void walk(String at, Object node, BiConsumer<String, Map<?, ?>> visitor) {
        if (node instanceof Map<?, ?> map) {
            visitor.accept(at, map);
            map.forEach((key, child) -> walk(at + "/" + key, child, visitor));
        } else if (node instanceof List<?> list) {
            list.forEach(child -> walk(at + "[]", child, visitor));
        }
    }

    private void check(Map<?, ?> reference, Object value, String at, List<String> found) {
        Map<?, ?> schema = resolve(reference);
        for (Object keyword : schema.keySet()) {
            if (CHECKED.contains((String) keyword)) {
                checkKeyword((String) keyword, schema, value, at, found);
            } else if (!NOTES.contains((String) keyword)) {
                throw new AssertionError("unknown keyword " + keyword);
            }
        }
    }

    private void checkKeyword(String keyword, Map<?, ?> schema, Object value, String at, List<String> found) {
        Object rule = requireNonNull(schema.get(keyword));
        boolean fits = switch (keyword) {
            case "oneOf" ->
                ((List<?>) rule)
                                .stream()
                                        .filter(each ->
                                                violations(map(each), value).isEmpty())
                                        .count()
                        == 1;
            case "type" -> isOfType((String) rule, value);
            case "const" -> rule.equals(value);
            case "enum" -> ((Collection<?>) rule).contains(value);
            // The patterns are anchored; matches() leaves no room for a line end after the $.
            case "pattern" -> Pattern.matches((String) rule, (String) value);
            case "minLength" -> ((String) value).length() >= (int) rule;
            case "maxLength" -> ((String) value).length() <= (int) rule;
            case "minimum" -> (int) value >= (int) rule;
            // Stricter than JSON Schema: these members, no others, in this order.
            case "required" -> List.copyOf(map(value).keySet()).equals(rule);
            case "uniqueItems" -> new HashSet<>((List<?>) value).size() == ((List<?>) value).size();
            default -> true;
        };
        if (!fits) {
            found.add(at + " " + keyword + " " + rule + ": " + value);
        } else if (keyword.equals("properties")) {
            map(rule).forEach((name, property) -> {
                Object member = map(value).get(name);
                if (member != null) {
                    check(map(property), member, at + "." + name, found);
                }
            });
        } else if (keyword.equals("items")) {
            ((List<?>) value).forEach(item -> check(map(rule), item, at + "[]", found));
        }
    }

    private static boolean isOfType(String type, Object value) {
        return switch (type) {
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "string" -> value instanceof String;
            case "integer" -> value instanceof Integer;
            case "boolean" -> value instanceof Boolean;
            default -> throw new AssertionError("unknown type " + type);
        };
    }
}
