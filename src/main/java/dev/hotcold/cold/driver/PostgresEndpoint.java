package dev.hotcold.cold.driver;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where PostgreSQL is, and as whom it is used.
 *
 * @param host name or address; with a slash in front the directory of a unix socket
 * @param port 1 to 65535, which is in the name of a unix socket too; 0 = an embedded server, whose port is known once it has
 *     started
 * @param database name of the database
 * @param user role to log in as
 * @param password empty: none is sent
 * @param session what a session begins with
 */
public record PostgresEndpoint(
        String host, int port, String database, String user, Optional<String> password, PostgresSession session) {

    /**
     * The most iterations of SCRAM that a login may ask for: those that OWASP recommends for passwords, 150 times the default
     * of {@code scram_iterations}. They take some 0.3 s of a core, well within the time for a connection.
     */
    public static final int MOST_SCRAM_ITERATIONS = 600_000;

    /** With a session as it is without parameters. */
    public PostgresEndpoint(String host, int port, String database, String user, Optional<String> password) {
        this(host, port, database, user, password, PostgresSession.DEFAULT);
    }

    /** The same on another port. */
    public PostgresEndpoint onPort(int other) {
        return new PostgresEndpoint(host, other, database, user, password, session);
    }

    /** The unix socket; empty: it is TCP. */
    public Optional<Path> unixSocket() {
        return host.startsWith("/") ? Optional.of(Path.of(host, ".s.PGSQL." + port)) : Optional.empty();
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return unixSocket()
                .map(socket -> "postgres://" + user + "@/" + database + "?host=" + host + "&port=" + port)
                .orElse("postgres://" + user + "@" + host + ":" + port + "/" + database);
    }
}
