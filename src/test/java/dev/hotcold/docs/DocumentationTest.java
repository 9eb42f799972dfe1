package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.app.DocumentedMeters;
import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is generated from the code is what the code says now. */
final class DocumentationTest {

    @Test
    void configurationPage_file_isAsRendered() throws IOException {
        assertIsAsRendered("docs/operate/configuration.md", ConfigurationPage.render());
    }

    @Test
    void commandsPage_file_isAsRendered() throws IOException {
        assertIsAsRendered("docs/operate/commands.md", CommandsPage.render());
    }

    @Test
    void metricsPage_file_isAsRendered() throws IOException {
        assertIsAsRendered("docs/operate/metrics.md", MetricsPage.render(Scrape.parse(DocumentedMeters.scrape())));
    }

    @Test
    void tablesPage_file_isAsRendered() throws IOException {
        assertIsAsRendered("docs/operate/tables.md", TablesPage.render());
    }

    @Test
    void envExample_file_isAsRendered() throws IOException {
        assertIsAsRendered(".env.example", EnvExample.render());
    }

    @Test
    void readme_defaultsItMentions_areThoseOfTheSettings() throws IOException {
        Map<String, String> defaults =
                Settings.ALL.stream().collect(Collectors.toMap(Setting::name, Setting::defaultText));

        List<MatchResult> mentioned = Pattern.compile("`([A-Z][A-Z_]+)`(?:, | \\()([0-9]+)\\)")
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .toList();

        assertThat(mentioned)
                .hasSize(3)
                .allSatisfy(mention ->
                        assertThat(mention.group(2)).as(mention.group(1)).isEqualTo(defaults.get(mention.group(1))));
    }

    private static void assertIsAsRendered(String name, String rendered) throws IOException {
        Path file = Path.of(name);
        if (Boolean.getBoolean("update")) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, rendered);
        }

        assertThat(file)
                .as("%s; to update: bin/maven -q test -Dtest=DocumentationTest -Dupdate=true", name)
                .hasContent(rendered);
    }
}
