package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is written about the settings is what the definitions say. */
final class DocumentationTest {

    @Test
    void configuration_settings_areAsRendered() throws IOException {
        Path file = Path.of("docs", "operate", "configuration.md");
        String page = Files.readString(file);
        String table = SettingsTable.render();
        int start = page.indexOf(table.lines().findFirst().orElseThrow());
        int end = page.indexOf("\n\n", start) + 1;
        if (Boolean.getBoolean("update")) {
            page = page.substring(0, start) + table + page.substring(end);
            Files.writeString(file, page);
        }

        assertThat(page)
                .as(file + "; to write it anew: mvn test -Dtest=DocumentationTest -Dupdate=true")
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
