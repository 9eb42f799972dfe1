package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is written about the settings is what the definitions say. */
final class DocumentationTest {

    @Test
    void readme_everySetting_hasItsRow() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("README.md"));
        String table = Settings.markdownTable();

        assertThat(lines)
                .as("README.md must hold the rows of this table:\n%s", table)
                .containsAll(table.lines().toList());
    }

    @Test
    void envExample_file_isAsRendered() throws IOException {
        Path file = Path.of(".env.example");
        if (Boolean.getBoolean("update")) {
            Files.writeString(file, EnvExample.render());
        }

        assertThat(file)
                .as(".env.example; to write it anew: mvn test -Dtest=DocumentationTest -Dupdate=true")
                .hasContent(EnvExample.render());
    }
}
