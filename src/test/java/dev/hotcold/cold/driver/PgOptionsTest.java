package dev.hotcold.cold.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PgOptionsTest {

    /** PgBouncer ends a connection that begins with a parameter it does not know; these two it knows. */
    @Test
    void of_anySettings_beginsWithNothingThatAPoolerRefuses() {
        PostgresEndpoint endpoint = new PostgresEndpoint("db", 5432, "users", "app", Optional.empty());

        assertThat(PgOptions.plain(endpoint).getProperties()).containsOnlyKeys("application_name", "client_encoding");
    }
}
