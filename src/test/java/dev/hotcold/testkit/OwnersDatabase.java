package dev.hotcold.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A database of one test's own on the shared server, as its owner has it: without our schema unless the test makes it. Closing it
 * drops it, its replication slot and its roles.
 */
public final class OwnersDatabase implements AutoCloseable {

    public static final String TABLE = "CREATE TABLE users (user_id varchar(20) PRIMARY KEY,"
            + " deeplink text NOT NULL, promo_message text NOT NULL);";

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String NAME = "owners";

    private final Servers servers;
    private final int port;
    private final List<String> roles = new ArrayList<>();

    private OwnersDatabase(Servers servers, int port) {
        this.servers = servers;
        this.port = port;
    }

    /**
     * Creates it.
     *
     * @param servers the caller's own, with no other service on them
     * @param options of CREATE DATABASE; may be ""
     * @param statements that make the table
     */
    public static OwnersDatabase create(Servers servers, String options, String... statements) {
        return create(servers, servers.postgres().port(), options, statements);
    }

    /** The same on another PostgreSQL on this machine, which lets everybody in as superuser {@code postgres}. */
    public static OwnersDatabase create(Servers servers, int port, String options, String... statements) {
        servers.redisCommands().flushall();
        OwnersDatabase created = new OwnersDatabase(servers, port);
        created.onServer("CREATE DATABASE " + NAME + " " + options);
        for (String statement : statements) {
            created.sql(statement);
        }
        return created;
    }

    /** A role that may log in. @return its DATABASE_URL */
    public String role(String name, String rights) {
        roles.add(name);
        sql("CREATE ROLE " + name + " LOGIN " + rights);
        return url(name);
    }

    /** The DATABASE_URL of a role. */
    public String url(String role) {
        return "postgres://" + role + "@127.0.0.1:" + port + "/" + NAME + "?sslmode=disable";
    }

    /** A service on it, as its superuser unless the settings say otherwise. */
    public TestService service(String... settings) {
        Map<String, String> environment = environment();
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return TestService.start(environment);
    }

    /** The settings for a program on it. */
    public Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put("DATABASE_URL", url("postgres"));
        environment.put("CHANGE_FEED", "auto");
        return environment;
    }

    /** Runs statements as superuser. */
    public void sql(String statements) {
        as("postgres", statements);
    }

    /** Runs statements as another role. */
    public void as(String role, String statements) {
        try (Connection connection = connect(role);
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of every row. */
    public List<String> texts(String query) {
        return texts("SET search_path = DEFAULT", query);
    }

    /** The first column of every row of a query, after other statements on the same connection. */
    public List<String> texts(String before, String query) {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(before);
            try (ResultSet rows = statement.executeQuery(query)) {
                List<String> column = new ArrayList<>();
                while (rows.next()) {
                    column.add(rows.getString(1));
                }
                return column;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A connection of the caller's own. */
    public Connection connect(String role) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + NAME + "?user=" + role);
    }

    /** Runs statements as superuser in the server's own database. */
    private void onServer(String statements) {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until a lookup is answered from Redis. */
    public static void cache(TestService service, String id) {
        await().atMost(PATIENCE)
                .until(() -> service.lookup(id).header("Cache-Status").equals("redis; hit"));
    }

    /** Waits until a lookup gives this promo_message; "" = there is no such user. */
    public static void awaitPromo(TestService service, String id, String promoMessage) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(promo(service, id)).isEqualTo(promoMessage));
    }

    /** What a lookup gives; "" = there is no such user. */
    public static String promo(TestService service, String id) {
        Response response = service.lookup(id);
        return switch (response.status()) {
            case 200 -> new JsonObject(response.body()).getString("promo_message");
            case 404 -> "";
            default -> "status " + response.status();
        };
    }

    /** Waits until /readyz says all this of the change feed. */
    public static void awaitReason(TestService service, String... words) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(service.manage("/readyz").body()).contains(words));
    }

    @Override
    public void close() {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            onServer("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
            return true;
        });
        onServer("DROP DATABASE " + NAME + " WITH (FORCE)");
        for (String role : roles) {
            onServer("DROP ROLE " + role);
        }
    }
}
