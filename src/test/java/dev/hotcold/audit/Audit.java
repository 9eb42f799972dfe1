package dev.hotcold.audit;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The advisories that the project keeps, and those of them that it has found not to affect it. */
final class Audit {

    private static final Path ADVISORIES = Path.of("security", "advisories.json");
    private static final Path EXCEPTIONS = Path.of("security", "vex.json");

    private Audit() {}

    static List<Advisory> advisories() {
        return Advisory.read(ADVISORIES);
    }

    /** What a scanner would report: each advisory that concerns one of the libraries and is not excepted for its version. */
    static List<Advisory.Finding> findings(List<Library> libraries) {
        return all(libraries).stream()
                .filter(finding -> !exceptions().contains(exception(finding)))
                .toList();
    }

    /** Exceptions for what is not there, such as a version that has been raised since. */
    static Set<String> staleExceptions(List<Library> libraries) {
        Set<String> used = all(libraries).stream().map(Audit::exception).collect(Collectors.toSet());
        return exceptions().stream()
                .filter(exception -> !used.contains(exception))
                .collect(Collectors.toSet());
    }

    private static List<Advisory.Finding> all(List<Library> libraries) {
        return advisories().stream()
                .flatMap(advisory -> advisory.findings(libraries).stream())
                .toList();
    }

    private static String exception(Advisory.Finding finding) {
        return finding.advisory().id() + " in pkg:maven/" + finding.library().replace(':', '/') + "@"
                + finding.version();
    }

    /** Statements of the OpenVEX document; each must say that the product is not affected, and why. */
    private static Set<String> exceptions() {
        List<String> exceptions = new ArrayList<>();
        for (Object value : Library.read(EXCEPTIONS).getJsonArray("statements")) {
            JsonObject statement = (JsonObject) value;
            if (!"not_affected".equals(statement.getString("status"))
                    || statement.getString("justification", "").isBlank()
                    || statement.getString("impact_statement", "").isBlank()) {
                throw new IllegalArgumentException("an exception says why it is one: " + statement.encode());
            }
            String id = Objects.requireNonNull(
                    statement.getJsonObject("vulnerability").getString("name"));
            for (Object product : statement.getJsonArray("products")) {
                exceptions.add(id + " in " + ((JsonObject) product).getString("@id"));
            }
        }
        return Set.copyOf(exceptions);
    }
}
