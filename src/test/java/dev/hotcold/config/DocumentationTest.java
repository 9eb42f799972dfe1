package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is written about the settings is what the definitions say. */
final class DocumentationTest {

    @Test
    void readme_settings_areAsRendered() throws IOException {
        Path file = Path.of("README.md");
        String readme = Files.readString(file);
        String table = SettingsTable.render();
        int start = readme.indexOf(table.lines().findFirst().orElseThrow());
        int end = readme.indexOf("\n\n", start) + 1;
        if (Boolean.getBoolean("update")) {
            readme = readme.substring(0, start) + table + readme.substring(end);
            Files.writeString(file, readme);
        }

        assertThat(readme)
                .as("README.md; to write it anew: mvn test -Dtest=DocumentationTest -Dupdate=true")
                .contains("\n\n" + table + "\n");
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
