package dev.hotcold.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PgOptionsTest {

    /** PgBouncer ends a connection that begins with a parameter it does not know; these two it knows. */
    @Test
    void of_anySettings_beginsWithNothingThatAPoolerRefuses() {
        PostgresSettings settings = new PostgresSettings(
                "db",
                5432,
                "users",
                "app",
                Optional.empty(),
                PostgresSettings.SslMode.DISABLE,
                Optional.empty(),
                1,
                1,
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ZERO);

        assertThat(PgOptions.of(settings).getProperties()).containsOnlyKeys("application_name", "client_encoding");
    }
}
