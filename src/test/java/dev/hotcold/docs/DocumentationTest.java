package dev.hotcold.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.app.DocumentedMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is generated from the code is what the code says now. */
final class DocumentationTest {

    @Test
    void configurationPage_file_isAsRendered() throws IOException {
        assertIsAsRendered("docs/operate/configuration.md", ConfigurationPage.render());
    }

    @Test
    void metricsPage_file_isAsRendered() throws IOException {
        assertIsAsRendered("docs/operate/metrics.md", MetricsPage.render(Scrape.parse(DocumentedMeters.scrape())));
    }

    @Test
    void envExample_file_isAsRendered() throws IOException {
        assertIsAsRendered(".env.example", EnvExample.render());
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
