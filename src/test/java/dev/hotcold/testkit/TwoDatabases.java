package dev.hotcold.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** Two databases, A and B, each with a table of users, on one PostgreSQL of the test's own; and one Redis for both. */
public final class TwoDatabases implements AutoCloseable {

    /** One of them. */
    public enum Which {
        A("postgres"),
        B("other");

        private final String database;

        Which(String database) {
            this.database = database;
        }

        /** Its name in PostgreSQL. */
        public String database() {
            return database;
        }
    }

    private final Servers servers = Servers.start();

    /** Starts the servers. */
    public TwoDatabases() {
        servers.sql("CREATE DATABASE " + Which.B.database);
        sql(Which.B, Servers.schema());
    }

    /** The PostgreSQL, and the Redis. */
    public Servers servers() {
        return servers;
    }

    /** The same user in both, with a promo_message that tells which. */
    public void put(String id) {
        for (Which which : Which.values()) {
            sql(which, "INSERT INTO users VALUES ('" + id + "', 'd', 'of " + which + "')");
        }
    }

    /** Changes a user of one of them. */
    public void change(Which which, String id, String promoMessage) {
        sql(which, "UPDATE users SET promo_message = '" + promoMessage + "' WHERE user_id = '" + id + "'");
    }

    /** Runs statements as superuser. */
    public void sql(Which which, String statements) {
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:"
                        + servers.postgres().port() + "/" + which.database + "?user=postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What tells a program to use one of them, and a slot of its own if it follows changes. */
    public Map<String, String> environment(Which which, String... settings) {
        Map<String, String> environment = servers.environment();
        environment.put(
                "DATABASE_URL", servers.postgres().databaseUrl().replace("/postgres?", "/" + which.database + "?"));
        environment.put("CHANGE_FEED_SLOT", "slot_of_" + which.database);
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return environment;
    }

    /** A service on one of them. */
    public TestService service(Which which, String... settings) {
        return TestService.start(environment(which, settings));
    }

    @Override
    public void close() {
        servers.close();
    }
}
