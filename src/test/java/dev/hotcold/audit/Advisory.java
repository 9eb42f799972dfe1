package dev.hotcold.audit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.maven.artifact.versioning.ComparableVersion;
import org.jspecify.annotations.Nullable;

/**
 * An advisory about libraries, as the <a href="https://ossf.github.io/osv-schema/">OSV format</a> has it.
 *
 * @param id CVE number, or that of the database it comes from
 * @param source where it is published
 * @param affected the versions of each library that it concerns
 */
record Advisory(String id, String summary, String source, List<Range> affected) {

    /**
     * Versions of a library, in Maven's order.
     *
     * @param library group and artifact, with a colon between them
     * @param introduced the first; 0: all up to the end
     * @param fixed the first that is not affected any more; null: not known
     * @param lastAffected the last; null: the one before {@code fixed}
     */
    record Range(
            String library,
            String introduced,
            @Nullable String fixed,
            @Nullable String lastAffected) {

        private boolean contains(String version) {
            return ("0".equals(introduced) || compare(version, introduced) >= 0)
                    && (fixed == null || compare(version, fixed) < 0)
                    && (lastAffected == null || compare(version, lastAffected) <= 0);
        }

        private static int compare(String one, String other) {
            return new ComparableVersion(one).compareTo(new ComparableVersion(other));
        }
    }

    /**
     * An advisory that concerns a library in use.
     *
     * @param fixed the first version without the fault, as far as it is known
     */
    record Finding(Advisory advisory, String library, String version, String fixed) {

        @Override
        public String toString() {
            return "%s %s: %s (%s); fixed in %s; %s"
                    .formatted(library, version, advisory.id, advisory.summary, fixed, advisory.source);
        }
    }

    /** The advisories in a file: one object whose member {@code vulns} lists them. */
    static List<Advisory> read(Path osv) {
        return objects(Library.read(osv), "vulns").map(Advisory::of).toList();
    }

    private static Advisory of(JsonObject osv) {
        return new Advisory(
                text(osv, "id"),
                text(osv, "summary"),
                text(objects(osv, "references").findFirst().orElseThrow(), "url"),
                objects(osv, "affected")
                        .flatMap(affected -> objects(affected, "ranges")
                                .map(range -> range(text(affected.getJsonObject("package"), "name"), range)))
                        .toList());
    }

    private static Range range(String library, JsonObject range) {
        JsonObject merged = new JsonObject();
        objects(range, "events").forEach(merged::mergeIn);
        if (merged.size() != 2 || !(merged.containsKey("fixed") || merged.containsKey("last_affected"))) {
            throw new IllegalArgumentException("a range has a beginning and an end: " + range.encode());
        }
        return new Range(
                library, text(merged, "introduced"), merged.getString("fixed"), merged.getString("last_affected"));
    }

    private static String text(JsonObject object, String member) {
        return Objects.requireNonNull(object.getString(member), () -> member + " is missing in " + object.encode());
    }

    private static Stream<JsonObject> objects(JsonObject object, String member) {
        JsonArray array =
                Objects.requireNonNull(object.getJsonArray(member), () -> member + " is missing in " + object.encode());
        return array.stream().map(JsonObject.class::cast);
    }

    /** The libraries that it concerns. */
    List<Finding> findings(List<Library> libraries) {
        return affected.stream()
                .flatMap(range -> libraries.stream()
                        .flatMap(library -> library.versionOf(range.library()))
                        .distinct()
                        .filter(range::contains)
                        .map(version -> new Finding(
                                this,
                                range.library(),
                                version,
                                Objects.requireNonNullElse(range.fixed(), "no release known"))))
                .toList();
    }
}
