package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The bill of materials lists the libraries that lie beside the packaged application, byte for byte. */
class BillOfMaterialsIT {

    private static final Path APP = Path.of("target", "app");

    @Test
    void bom_packaged_listsEveryJarAndNothingElse() throws IOException {
        assertThat(components().map(BillOfMaterialsIT::hash))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(hashesOfJars());
    }

    private static Stream<JsonObject> components() throws IOException {
        JsonObject bom = new JsonObject(Files.readString(APP.resolve("bom.json")));
        return bom.getJsonArray("components").stream().map(JsonObject.class::cast);
    }

    private static String hash(JsonObject component) {
        return component.getJsonArray("hashes").stream()
                .map(JsonObject.class::cast)
                .filter(hash -> "SHA-256".equals(hash.getString("alg")))
                .map(hash -> Objects.requireNonNull(hash.getString("content")))
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> hashesOfJars() throws IOException {
        try (Stream<Path> jars = Files.list(APP.resolve("lib"))) {
            return jars.map(BillOfMaterialsIT::hash).collect(Collectors.toSet());
        }
    }

    private static String hash(Path file) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(Files.readAllBytes(file)));
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
