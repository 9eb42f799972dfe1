package dev.hotcold.cold.driver;

import dev.hotcold.cold.server.PostgresServer;
import dev.hotcold.cold.server.ServerList;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where PostgreSQL is, and as whom it is used.
 *
 * @param servers of which one is used at a time
 * @param database name of the database
 * @param user role to log in as
 * @param password empty: none is sent
 * @param session what a session begins with
 */
public record PostgresEndpoint(
        ServerList servers, String database, String user, Optional<String> password, PostgresSession session) {

    /**
     * The most iterations of SCRAM that a login may ask for: those that OWASP recommends for passwords, 150 times the default
     * of {@code scram_iterations}. They take some 0.3 s of a core, well within the time for a connection.
     */
    public static final int MOST_SCRAM_ITERATIONS = 600_000;

    /** One server, and a session as it is without parameters. */
    public PostgresEndpoint(String host, int port, String database, String user, Optional<String> password) {
        this(ServerList.of(new PostgresServer(host, port)), database, user, password, PostgresSession.DEFAULT);
    }

    /** The same at one of its servers, or at another. */
    public PostgresEndpoint at(PostgresServer server) {
        return new PostgresEndpoint(ServerList.of(server), database, user, password, session);
    }

    /** The same on another port. */
    public PostgresEndpoint onPort(int other) {
        return at(new PostgresServer(host(), other));
    }

    /** The same for a use that needs the primary, whatever the settings say. */
    public PostgresEndpoint forPrimary() {
        return new PostgresEndpoint(servers.forPrimary(), database, user, password, session);
    }

    /** The first server, which is the only one but for lists. */
    private PostgresServer first() {
        return servers.all().getFirst();
    }

    /** Host of the first server. */
    public String host() {
        return first().host();
    }

    /** Port of the first server. */
    public int port() {
        return first().port();
    }

    /** The unix socket of the first server; empty: it is TCP. */
    public Optional<Path> unixSocket() {
        return first().unixSocket();
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        if (servers.all().stream().anyMatch(server -> server.unixSocket().isPresent())) {
            return "postgres://" + user + "@/" + database + "?host="
                    + servers.all().stream().map(PostgresServer::host).collect(Collectors.joining(",")) + "&port="
                    + servers.all().stream()
                            .map(server -> Integer.toString(server.port()))
                            .collect(Collectors.joining(","));
        }
        return "postgres://" + user + "@"
                + servers.all().stream().map(PostgresServer::toString).collect(Collectors.joining(",")) + "/"
                + database;
    }
}
