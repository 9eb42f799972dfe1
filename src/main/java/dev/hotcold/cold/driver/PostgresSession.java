package dev.hotcold.cold.driver;

import dev.hotcold.cold.pooler.ServerOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a session with PostgreSQL begins with, and how its socket is kept.
 *
 * @param applicationName as the server shows it
 * @param options for the server's command line, as in {@code -c name=value}; empty: none are sent
 * @param searchPath schemas, as in SQL; empty: as the server has it for the role
 * @param connectTimeout for a connection to open, each attempt by itself; empty: the driver's own
 * @param keepAlive what the kernel does about a silent peer
 */
public record PostgresSession(
        String applicationName,
        Optional<String> options,
        Optional<String> searchPath,
        Optional<Duration> connectTimeout,
        KeepAlive keepAlive) {

    /** What a session is without parameters. */
    public static final PostgresSession DEFAULT = new PostgresSession(
            "hotcold-user-api", Optional.empty(), Optional.empty(), Optional.empty(), KeepAlive.DEFAULT);

    /**
     * Probes of TCP.
     *
     * @param enabled whether there are any
     * @param idleSeconds of silence before the first; 0 = as the system has it
     * @param intervalSeconds between two; 0 = as the system has it
     * @param count after which the connection counts as broken; 0 = as the system has it
     */
    public record KeepAlive(boolean enabled, int idleSeconds, int intervalSeconds, int count) {

        public static final KeepAlive DEFAULT = new KeepAlive(true, 0, 0, 0);
    }

    /**
     * What is sent beside user and database. No more than was asked for: PgBouncer ends a connection that begins with a
     * parameter it does not know.
     */
    Map<String, String> startUp() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("application_name", applicationName);
        parameters.put("client_encoding", "UTF8");
        options.ifPresent(text -> parameters.put("options", text));
        searchPath.ifPresent(text -> parameters.put("search_path", text));
        return parameters;
    }

    /** The search path that sessions are to begin with, by whichever parameter; empty: none was named. */
    public Optional<String> namedSearchPath() {
        return searchPath.or(() -> options.flatMap(ServerOptions::searchPath));
    }
}
