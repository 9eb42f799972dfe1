package dev.hotcold.config.parse.postgres;

import dev.hotcold.cold.driver.PostgresSession;
import dev.hotcold.cold.driver.PostgresSession.KeepAlive;
import java.time.Duration;
import java.util.Optional;

/** What a PostgreSQL URL says about the session and its socket. */
final class SessionParameters {

    private static final int MOST_SECONDS = 300;
    private static final int MOST_PROBES = 32_767;

    private SessionParameters() {}

    static PostgresSession take(PostgresParameters parameters) {
        Optional<String> name = parameters.takeText("application_name");
        Optional<String> otherName = parameters.takeText("fallback_application_name");
        int seconds = parameters.takeNumber("connect_timeout", 1, MOST_SECONDS, 0);
        return new PostgresSession(
                name.or(() -> otherName).orElse(PostgresSession.DEFAULT.applicationName()),
                parameters.takeText("options"),
                parameters.takeText("search_path"),
                Optional.of(Duration.ofSeconds(seconds)).filter(Duration::isPositive),
                new KeepAlive(
                        parameters.takeNumber("keepalives", 0, 1, 1) == 1,
                        parameters.takeNumber("keepalives_idle", 0, MOST_PROBES, 0),
                        parameters.takeNumber("keepalives_interval", 0, MOST_PROBES, 0),
                        parameters.takeNumber("keepalives_count", 0, 127, 0)));
    }
}
