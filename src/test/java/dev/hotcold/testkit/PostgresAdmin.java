package dev.hotcold.testkit;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Administers a PostgreSQL server of the test's own. Files are written by the server itself, so that they belong to the
 * user that it runs as.
 */
public final class PostgresAdmin {

    private static final String TOO_MANY_CONNECTIONS = "53300";

    private final Servers servers;

    /** @param servers the caller's own */
    public PostgresAdmin(Servers servers) {
        this.servers = servers;
    }

    /** Makes a role that may log in and read the users, and nothing else. @return its DATABASE_URL */
    public String reader(String role) {
        servers.sql("CREATE ROLE " + role + " LOGIN; GRANT SELECT ON users TO " + role);
        return "postgres://" + role + "@127.0.0.1:" + servers.postgres().port() + "/postgres?sslmode=disable";
    }

    /** The processes that serve a role's connections, but not those that the server runs for itself. */
    public Set<Long> backends(String role) {
        String query = "SELECT pid FROM pg_stat_activity WHERE usename = ? AND application_name = 'hotcold-user-api'";
        try (Connection connection = servers.connect();
                PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, role);
            Set<Long> pids = new TreeSet<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    pids.add(rows.getLong(1));
                }
            }
            return pids;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many of a role's connections are encrypted. */
    public long encrypted(String role) {
        return servers.queryLong("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                + " WHERE ssl AND application_name = 'hotcold-user-api' AND usename = '" + role + "'");
    }

    /**
     * Replaces a file in the server's data directory; readable only for the server's user.
     *
     * @param name without blanks and quotes
     */
    public void writeFile(String name, String content) {
        String copy =
                "COPY (SELECT regexp_split_to_table($content$" + content.strip().replace("\r", "")
                        + "$content$, E'\\n'))" + " TO PROGRAM 'umask 077; cat > " + name + "'";
        servers.sql(copy);
    }

    /** Makes the server read its configuration; every connection from now on follows it. */
    public void reload() {
        long before = loadedAt();
        servers.sql("SELECT pg_reload_conf()");
        await().until(() -> loadedAt() != before);
    }

    /** When the postmaster read its configuration, in microseconds: a new connection's process inherits it. */
    private long loadedAt() {
        return servers.queryLong("SELECT extract(epoch FROM pg_conf_load_time()) * 1000000");
    }

    /** Ends all sessions of a role, and waits until they have ended. */
    public void terminate(String role) {
        servers.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '" + role + "'");
    }

    /**
     * Takes every connection that is not kept for superusers, as another role, and ends those of a role, until it has none
     * and none is free.
     *
     * @return the connections taken, for the caller to close
     */
    public List<Connection> takeAllConnections(String role) {
        servers.sql("DO $$ BEGIN CREATE ROLE others LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        String url = servers.postgres().jdbcUrl().replace("user=postgres", "user=others");
        // A login under way is in no view, and a session of the test's own may have been in the way and be gone by now.
        // Then those that were taken are not all there are.
        String full = "SELECT (count(*) FILTER (WHERE usename = '" + role + "') = 0"
                + " AND count(*) FILTER (WHERE usename = 'others') >= current_setting('max_connections')::int"
                + " - current_setting('superuser_reserved_connections')::int)::int"
                + " FROM pg_stat_activity WHERE backend_type = 'client backend'";
        List<Connection> taken = new ArrayList<>();
        while (!isFull(role, url, taken, full)) {
            // Once more: see above.
        }
        return taken;
    }

    /** Logins under way, which are about to be refused, take what is kept for superusers too, and so for these statements. */
    private boolean isFull(String role, String url, List<Connection> taken, String full) {
        try {
            terminate(role);
            takeWhatIsFree(url, taken);
            return servers.queryLong(full) != 0;
        } catch (IllegalStateException failure) {
            if (failure.getCause() instanceof SQLException refused
                    && TOO_MANY_CONNECTIONS.equals(refused.getSQLState())) {
                return false;
            }
            throw failure;
        }
    }

    private static void takeWhatIsFree(String url, List<Connection> taken) {
        try {
            while (true) {
                taken.add(DriverManager.getConnection(url));
            }
        } catch (SQLException e) {
            if (!TOO_MANY_CONNECTIONS.equals(e.getSQLState())) {
                throw new IllegalStateException(e);
            }
        }
    }
}
