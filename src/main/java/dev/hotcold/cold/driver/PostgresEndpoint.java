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
