package dev.hotcold.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No library on the class path, those of tests included, has a vulnerability that the project knows of. */
class AuditTest {

    private final List<Library> classPath = Library.ofClassPath();

    @Test
    void classPath_hasNoKnownVulnerability() {
        assertThat(Audit.findings(classPath))
                .as("raise the library (pom.xml), or say in security/vex.json why the service is not affected")
                .isEmpty();
    }

    @Test
    void exceptions_areForWhatIsThere() {
        assertThat(Audit.staleExceptions(classPath))
                .as("remove from security/vex.json: the library has been raised, or the advisory is gone")
                .isEmpty();
    }

    /** The audit sees what it is there for. */
    @Test
    void classPath_isRead() {
        assertThat(List.of(
                        "io.netty:netty-codec-http",
                        "io.netty:netty-transport-native-epoll",
                        "io.vertx:vertx-core",
                        "io.lettuce:lettuce-core",
                        "org.postgresql:postgresql",
                        "com.ongres.scram:scram-client",
                        "com.fasterxml.jackson.core:jackson-core",
                        "tools.jackson.core:jackson-databind",
                        "ch.qos.logback:logback-core"))
                .allSatisfy(name -> assertThat(classPath.stream().flatMap(library -> library.versionOf(name)))
                        .as(name)
                        .hasSize(1));
    }

    /** Native code calls into its Java half and is called by it: two versions may differ in what they call. */
    @Test
    void nativeTransports_areOfOneVersion() {
        assertThat(List.of(
                        "netty-transport-native-unix-common",
                        "netty-transport-classes-epoll",
                        "netty-transport-native-epoll",
                        "netty-transport-classes-io_uring",
                        "netty-transport-native-io_uring"))
                .flatMap(name -> classPath.stream()
                        .flatMap(library -> library.versionOf("io.netty:" + name))
                        .toList())
                .hasSize(5)
                .hasSameElementsAs(List.of(classPath.stream()
                        .flatMap(library -> library.versionOf("io.netty:netty-transport-native-epoll"))
                        .findFirst()
                        .orElseThrow()));
    }

    @ParameterizedTest
    @CsvSource({
        "io.vertx, vertx-core, 5.0.11, CVE-2026-6860, 5.0.12",
        "io.vertx, vertx-core, 5.0.6, CVE-2026-1002, 5.0.7",
        "io.netty, netty-codec-http2, 4.2.3.Final, CVE-2025-55163, 4.2.4.Final",
        "io.netty, netty-codec-http, 4.2.4.Final, CVE-2025-58056, 4.2.5.Final",
        "io.netty, netty-codec-http, 4.2.18.Final, LOCAL-netty-4.2.19, 4.2.19.Final",
        "org.postgresql, postgresql, 42.7.6, CVE-2025-49146, 42.7.7",
        "tools.jackson.core, jackson-databind, 3.1.1, CVE-2026-54513, 3.1.4",
        "ch.qos.logback, logback-core, 1.5.24, CVE-2026-1225, 1.5.25",
    })
    void findings_oldVersion_nameLibraryVersionAdvisoryAndFix(
            String group, String artifact, String version, String advisory, String fixed) {
        List<Library> old = List.of(Library.ofPurl("pkg:maven/%s/%s@%s?type=jar".formatted(group, artifact, version)));

        assertThat(Audit.findings(old))
                .map(Object::toString)
                .anySatisfy(finding -> assertThat(finding)
                        .startsWith("%s:%s %s: %s".formatted(group, artifact, version, advisory))
                        .contains("fixed in " + fixed)
                        .contains("https://"));
    }

    @ParameterizedTest
    @CsvSource({
        "1.0.0, false",
        "1.1.0-alpha1, false",
        "1.1.0, true",
        "1.1.9, true",
        "1.1.10, true",
        "1.2.0.RC1, true",
        "1.2.0, false",
        "1.10.0, false",
        "2.0.0, true",
        "2.0.1, true",
        "2.0.1.1, false"
    })
    void findings_onlyVersionsInARange(String version, boolean found, @TempDir Path directory) throws IOException {
        Path osv = write(directory, """
                {"introduced": "1.1.0"}, {"fixed": "1.2.0"}]}, \
                {"type": "ECOSYSTEM", "events": [{"introduced": "2.0.0"}, {"last_affected": "2.0.1"}""");
        List<Library> libraries =
                List.of(Library.ofPurl("pkg:maven/g.h/a@" + version), Library.ofPurl("pkg:maven/h/a@1.1.0"));

        assertThat(Advisory.read(osv).getFirst().findings(libraries)).hasSize(found ? 1 : 0);
    }

    @Test
    void read_rangeWithoutEnd_isRefused(@TempDir Path directory) throws IOException {
        Path osv = write(directory, "{\"introduced\": \"1.1.0\"}");

        assertThatThrownBy(() -> Advisory.read(osv)).hasMessageContaining("a beginning and an end");
    }

    @Test
    void advisories_areKeptOnce() {
        assertThat(Audit.advisories()).map(Advisory::id).doesNotHaveDuplicates().hasSizeGreaterThan(40);
    }

    private static Path write(Path directory, String events) throws IOException {
        return Files.writeString(directory.resolve("osv.json"), """
                {"vulns": [{"id": "X-1", "summary": "s", "references": [{"type": "WEB", "url": "https://x"}],
                "affected": [{"package": {"ecosystem": "Maven", "name": "g.h:a"},
                "ranges": [{"type": "ECOSYSTEM", "events": [%s]}]}]}]}
                """.formatted(events));
    }
}
