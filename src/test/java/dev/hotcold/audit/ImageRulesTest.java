package dev.hotcold.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.config.settings.OperationsDefinitions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The image runs where it must not run as root, and what it is built from does not change by itself. */
class ImageRulesTest {

    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    @Test
    void dockerfile_takesOnlyPinnedImages() throws IOException {
        String dockerfile = Files.readString(Path.of("Dockerfile"));

        assertThat(dockerfile).containsPattern("(?m)^FROM ");
        assertThat(ImageRules.unpinned(dockerfile)).isEmpty();
    }

    /** runAsNonRoot in Kubernetes needs a number: a name could be root's, and the container does not start. */
    @Test
    void dockerfile_runsAsANumberedUser() throws IOException {
        assertThat(ImageRules.user(Files.readString(Path.of("Dockerfile")))).matches(ImageRules::isUnprivileged);
    }

    /** PostgreSQL does not run as root, and where training fails the image would only start more slowly. */
    @Test
    void dockerfile_trainsWithoutRightsAndFailsWithoutACache() throws IOException {
        String training = ImageRules.stage(Files.readString(Path.of("Dockerfile")), "training");

        assertThat(ImageRules.user(training)).isNotEmpty().doesNotStartWith("0").doesNotStartWith("root");
        assertThat(training.indexOf("\nUSER ")).isBetween(0, training.indexOf(" train "));
        assertThat(training).containsPattern("\\[ -s \\S+\\.aot ] \\|\\| \\{ echo '[^']+' >&2; exit 1; }");
    }

    /** Whether it is used then, deploy/image/check finds out. */
    @Test
    void dockerfile_startsWithTheCacheThatItTrained() throws IOException {
        String dockerfile = Files.readString(Path.of("Dockerfile"));
        String cache = Pattern.compile("\"-XX:AOTCache=([^\"]+)\"")
                .matcher(dockerfile)
                .results()
                .map(option -> option.group(1))
                .findFirst()
                .orElseThrow();
        Pattern classPath = Pattern.compile("-cp[\", ]+(/app/[^\", ]+)[\", ]+dev.hotcold.app.command.Main");

        assertThat(dockerfile).containsPattern("(?m)^COPY --from=training --chown=0:0 \\S+ " + cache + "$");
        assertThat(classPath.matcher(dockerfile).results().map(option -> option.group(1)))
                .hasSize(2)
                .containsOnly("/app/hotcold-user-api.jar");
    }

    /** A JVM for each check takes 0.4 s of processor time every ten seconds. */
    @Test
    void dockerfile_checksHealthWithoutAJvm() throws IOException {
        String dockerfile = Files.readString(Path.of("Dockerfile"));

        assertThat(dockerfile)
                .containsPattern("(?m)^HEALTHCHECK .* CMD \\[\"/app/healthcheck\"]$")
                .containsPattern("(?m)^COPY --from=healthcheck /app/healthcheck /app/healthcheck$");
    }

    /** Compose refuses it with an engine before 25. */
    @Test
    void compose_runsOnEnginesBefore25() throws IOException {
        assertThat(Files.readString(Path.of("deploy", "docker-compose.yml"))).doesNotContain("start_interval:");
    }

    @Test
    void compose_startsOnlyPinnedImages() throws IOException {
        String compose = Files.readString(Path.of("deploy", "docker-compose.yml"));

        assertThat(compose).contains("image: postgres:", "image: redis:");
        assertThat(ImageRules.unpinnedServices(compose)).isEmpty();
    }

    /** SHUTDOWN_DELAY_SEC as it is by itself, and the five seconds of the drain. */
    @Test
    void compose_leavesTheServiceTimeToStop() throws IOException {
        String grace = ImageRules.stopGrace(Files.readString(Path.of("deploy", "docker-compose.yml")), "api");
        MatchResult delay = Pattern.compile("auto = (\\d+) ")
                .matcher(OperationsDefinitions.SHUTDOWN_DELAY.allowed())
                .results()
                .findFirst()
                .orElseThrow();

        assertThat(grace).matches("\\d+s");
        assertThat(Integer.parseInt(grace.replace("s", "")))
                .isGreaterThanOrEqualTo(Integer.parseInt(delay.group(1)) + 5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FROM debian",
                "FROM debian:13",
                "FROM debian@%s",
                "FROM debian:latest@%s",
                "from --platform=$BUILDPLATFORM debian:13 as build",
                "FROM debian:13@sha256:0123",
                "FROM debian:13@%s AS build\nFROM other",
                "FROM debian:13@%s AS build\nFROM build AS last\nCOPY --from=busybox:1 /bin/sh /bin/sh",
                "FROM debian:13@%s\nRUN --mount=type=bind,from=alpine:3,target=/a true",
                "# syntax=docker/dockerfile:1\nFROM debian:13@%s",
            })
    void unpinned_imageWithoutTagOrDigest_isFound(String dockerfile) {
        assertThat(ImageRules.unpinned(dockerfile.formatted(DIGEST))).hasSize(1);
    }

    @Test
    void unpinned_pinnedImagesAndOwnStages_areNone() {
        String dockerfile = """
                # syntax=docker/dockerfile:1@%1$s
                FROM --platform=$BUILDPLATFORM localhost:5000/a/debian:13@%1$s AS build
                FROM gcr.io/distroless/base-nossl-debian13:nonroot@%1$s
                COPY --from=build /a /b
                """.formatted(DIGEST);

        assertThat(ImageRules.unpinned(dockerfile)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "nonroot, false",
        "'', false",
        "0:0, false",
        "65532, false",
        "65532:0, false",
        "65532:nonroot, false",
        "0:65532, false",
        "65532:65532, true"
    })
    void isUnprivileged_onlyNumbersThatAreNotRoots(String user, boolean unprivileged) {
        assertThat(ImageRules.isUnprivileged(user)).isEqualTo(unprivileged);
    }

    @Test
    void stage_ofADockerfile_endsWhereTheNextBegins() {
        assertThat(ImageRules.stage("FROM a AS build\nRUN x\nFROM build AS last\nRUN y", "build"))
                .isEqualTo("FROM a AS build\nRUN x");
    }

    @Test
    void user_ofAnEarlierStage_isNotTheImages() {
        assertThat(ImageRules.user("FROM a AS build\nUSER 1:1\nFROM b\nRUN true"))
                .isEmpty();
        assertThat(ImageRules.user("FROM a AS build\nFROM b\nUSER 0\nUSER 7:7")).isEqualTo("7:7");
    }

    @Test
    void unpinnedServices_serviceWithoutDigest_isFound() {
        String compose = """
                services:
                  own: {image: "own:local", build: {context: ..}}
                  pinned: {image: "redis:7@%s"}
                  moving: {image: "postgres:17"}
                """.formatted(DIGEST);

        assertThat(ImageRules.unpinnedServices(compose)).containsExactly("postgres:17");
    }
}
