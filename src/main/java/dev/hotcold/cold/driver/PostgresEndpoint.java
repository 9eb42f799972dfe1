package dev.hotcold.cold.driver;

import java.util.Optional;

/**
 * Where PostgreSQL is, and as whom it is used.
 *
 * @param host name or address
 * @param port 1 to 65535; 0 = an embedded server, whose port is known once it has started
 * @param database name of the database
 * @param user role to log in as
 * @param password empty: none is sent
 */
public record PostgresEndpoint(String host, int port, String database, String user, Optional<String> password) {

    /**
     * The most iterations of SCRAM that a login may ask for: those that OWASP recommends for passwords, 150 times the default
     * of {@code scram_iterations}. They take some 0.3 s of a core, well within the time for a connection.
     */
    public static final int MOST_SCRAM_ITERATIONS = 600_000;

    /** The same on another port. */
    public PostgresEndpoint onPort(int other) {
        return new PostgresEndpoint(host, other, database, user, password);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return "postgres://" + user + "@" + host + ":" + port + "/" + database;
    }
}
