package dev.hotcold.audit;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A library in the version that is used.
 *
 * @param path where its directory lies in a Maven repository, {@code group/as/path/artifact/version}, with or without what
 *     leads to the repository
 */
record Library(String path) {

    private static final Pattern JAR = Pattern.compile("(.*)/([^/]+)/([^/]+)/\\2-\\3[^/]*\\.jar");
    private static final Pattern PURL = Pattern.compile("pkg:maven/([^@?]+)@([^@?]+)(?:\\?.*)?");

    /** The libraries of the running JVM's class path, those of tests and the embedded servers' included. */
    static List<Library> ofClassPath() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(classPath.split(Pattern.quote(System.getProperty("path.separator"))))
                .map(entry -> JAR.matcher(entry.replace('\\', '/')))
                .filter(Matcher::matches)
                .map(jar -> new Library(jar.group(1) + "/" + jar.group(2) + "/" + jar.group(3)))
                .distinct()
                .toList();
    }

    /** The libraries that a bill of materials (CycloneDX, JSON) lists. */
    static List<Library> ofBill(Path bom) {
        return read(bom).getJsonArray("components").stream()
                .map(component -> ofPurl(Objects.requireNonNull(((JsonObject) component).getString("purl"))))
                .distinct()
                .toList();
    }

    /** The library with this package URL. */
    static Library ofPurl(String purl) {
        Matcher parts = PURL.matcher(purl);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a package URL of Maven: " + purl);
        }
        int artifact = parts.group(1).lastIndexOf('/');
        return new Library(parts.group(1).substring(0, artifact).replace('.', '/')
                + parts.group(1).substring(artifact)
                + "/" + parts.group(2));
    }

    /** Its version, if it is the library of this name. */
    Stream<String> versionOf(String groupAndArtifact) {
        int colon = groupAndArtifact.indexOf(':');
        String directory =
                groupAndArtifact.substring(0, colon).replace('.', '/') + "/" + groupAndArtifact.substring(colon + 1);
        int slash = path.lastIndexOf('/');
        String mine = path.substring(0, slash);
        return mine.equals(directory) || mine.endsWith("/" + directory)
                ? Stream.of(path.substring(slash + 1))
                : Stream.empty();
    }

    static JsonObject read(Path json) {
        try {
            return new JsonObject(Files.readString(json));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
