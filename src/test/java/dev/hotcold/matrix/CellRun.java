package dev.hotcold.matrix;

import static dev.hotcold.testkit.OwnersDatabase.awaitPromo;
import static dev.hotcold.testkit.OwnersDatabase.cache;
import static dev.hotcold.testkit.OwnersDatabase.promo;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.app.StartFailure;
import dev.hotcold.matrix.Outcome.Kind;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A service on the table of one cell: what becomes of its users, and what its owner can still do. */
final class CellRun {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int USERS = 4;

    /** Hidden where there are policies. */
    private static final int HIDDEN = 3;

    private final Servers servers;
    private final int port;
    private final Cell cell;

    CellRun(Servers servers, int port, Cell cell) {
        this.servers = servers;
        this.port = port;
        this.cell = cell;
    }

    /** Makes the table, runs a service on it, and sees. */
    Outcome run() {
        try (OwnersDatabase database = OwnersDatabase.create(servers, port, "")) {
            prepare(database);
            Map<String, String> before = tried(database, cell.shape().changes());
            try (TestService service = start(database)) {
                awaitPromo(service, id(1), "one");
                assertThat(promo(service, id(HIDDEN))).isEqualTo(hasPolicies() ? "" : "one");
                awaitDecided(service);
                Outcome outcome = Feeds.isOwner(service)
                        ? followed(database, service)
                        : new Outcome(Kind.SERVED, reason(service));
                assertThat(tried(database, cell.shape().changes()))
                        .as("what the owner can do beside the service")
                        .isEqualTo(before);
                return outcome;
            } catch (IllegalStateException e) {
                if (e.getCause() instanceof StartFailure refused) {
                    assertThat(tried(database, cell.shape().changes())).isEqualTo(before);
                    return new Outcome(Kind.REFUSED, requireNonNull(refused.getMessage()));
                }
                throw e;
            }
        }
    }

    private Outcome followed(OwnersDatabase database, TestService service) {
        for (int user : List.of(1, 2)) {
            cache(service, id(user));
        }
        if (cell.reader() == Reader.OTHER_SCHEMA) {
            database.sql("UPDATE public.users SET promo_message = 'another''s, new'");
        }
        database.as("owner", "UPDATE users SET promo_message = 'nearly' WHERE user_id = '" + id(1) + "'");
        await().atMost(PATIENCE).until(() -> !servers.cached(id(1)).contains("one"));
        Feeds.awaitTableChecked(servers);
        cache(service, id(1));
        database.as("owner", "UPDATE users SET promo_message = 'two' WHERE user_id = '" + id(1) + "'");
        await().atMost(PATIENCE).until(() -> !servers.cached(id(1)).contains("nearly"));
        Kind kind = servers.cached(id(1)).contains("two") ? Kind.VALUES : Kind.REMOVALS;
        awaitPromo(service, id(1), "two");

        database.as("owner", "DELETE FROM users WHERE user_id = '" + id(2) + "'");
        awaitPromo(service, id(2), "");
        database.as("owner", insert("users", 2));
        awaitPromo(service, id(2), "one");

        if (hasPolicies()) {
            cache(service, id(1));
            database.as("owner", "UPDATE users SET hidden = 'x', promo_message = 'secret'");
            awaitPromo(service, id(1), "");
            assertThat(promo(service, id(HIDDEN))).isEmpty();
        }
        return new Outcome(kind, "");
    }

    private void prepare(OwnersDatabase database) {
        database.role("owner", "REPLICATION");
        database.role("api", "");
        database.sql("""
                CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; GRANT USAGE ON SCHEMA ext TO PUBLIC;
                CREATE COLLATION public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                CREATE DOMAIN public.short_name AS varchar(20) CHECK (value <> '');
                GRANT CREATE ON DATABASE owners TO owner; GRANT CREATE ON SCHEMA public TO owner;
                """);
        if (cell.shape() == Shape.FOREIGN) {
            database.sql("""
                    CREATE EXTENSION postgres_fdw;
                    CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw
                        OPTIONS (host '127.0.0.1', port '{PORT}', dbname 'owners');
                    CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'postgres', password_required 'false');
                    GRANT USAGE ON FOREIGN SERVER far TO owner;
                    """.replace("{PORT}", Integer.toString(port)));
        }
        if (cell.reader() == Reader.OTHER_SCHEMA) {
            database.sql("CREATE SCHEMA app AUTHORIZATION owner; GRANT USAGE ON SCHEMA app TO api;"
                    + "ALTER ROLE owner SET search_path = app; ALTER ROLE api SET search_path = app;"
                    + "CREATE TABLE public.users (user_id " + cell.type().sql()
                    + " PRIMARY KEY, deeplink text, promo_message text);"
                    + "INSERT INTO public.users VALUES ('" + id(1) + "', 'd', 'another''s')");
        }
        database.as("owner", cell.shape().create(cell.type(), hasPolicies() ? "WITH (security_invoker = true)" : ""));
        for (int user = 1; user <= USERS; user++) {
            boolean inChild = cell.shape() == Shape.INHERITED && user == 2;
            database.as("owner", insert(inChild ? "users_eu" : rows(), user));
        }
        if (hasPolicies()) {
            database.as(
                    "owner",
                    "UPDATE " + rows() + " SET hidden = 'x' WHERE user_id = '" + id(HIDDEN) + "';"
                            + "ALTER TABLE " + rows() + " ENABLE ROW LEVEL SECURITY;"
                            + "CREATE POLICY visible ON " + rows() + " FOR SELECT USING (hidden IS NULL)");
        }
        database.as(
                "owner",
                cell.shape().afterRows() + "GRANT SELECT "
                        + (cell.reader() == Reader.COLUMNS ? "(user_id, deeplink, promo_message)" : "")
                        + " ON users TO api");
        if (hasPolicies() && !cell.shape().holdsRows()) {
            database.as("owner", "GRANT SELECT ON stored TO api");
        }
    }

    private TestService start(OwnersDatabase database) {
        return cell.reader() == Reader.OWNER
                ? database.service("DATABASE_URL", database.url("owner"))
                : database.service(
                        "DATABASE_URL",
                        database.url("api"),
                        "CHANGE_FEED_DATABASE_URL",
                        database.url(cell.reader() == Reader.OTHER_SCHEMA ? "postgres" : "owner"));
    }

    /** Waits until the changes are followed, or the service says why not. */
    private static void awaitDecided(TestService service) {
        await().atMost(PATIENCE)
                .until(() -> Feeds.isOwner(service) || !reason(service).isEmpty());
    }

    /** What /readyz says of the change feed; "" = that it is well. */
    private static String reason(TestService service) {
        JsonArray reasons = new JsonObject(service.manage("/readyz").body())
                .getJsonObject("degraded")
                .getJsonArray("changefeed", JsonArray.of(""));
        return reasons.getString(0);
    }

    /** Each statement with the error that it ends with; "" = none. Nothing stays of any. */
    private Map<String, String> tried(OwnersDatabase database, List<String> statements) {
        Map<String, String> outcomes = new LinkedHashMap<>();
        try (Connection connection = database.connect("owner");
                Statement run = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String statement : statements) {
                String sql = statement;
                for (int user = 1; user < 10; user++) {
                    sql = sql.replace("{" + user + "}", id(user));
                }
                run.execute("SET LOCAL lock_timeout = '5s'");
                try {
                    run.execute(sql);
                    outcomes.put(sql, "");
                } catch (SQLException e) {
                    outcomes.put(sql, e.getSQLState() + " " + e.getMessage());
                }
                connection.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return outcomes;
    }

    private String insert(String table, int user) {
        return "INSERT INTO " + table + " (user_id, deeplink, promo_message) VALUES ('" + id(user) + "', 'd', 'one')";
    }

    private String id(int user) {
        return cell.type().id(user);
    }

    /** The table that holds the rows. */
    private String rows() {
        return cell.shape().holdsRows() ? "users" : "stored";
    }

    private boolean hasPolicies() {
        return cell.reader() == Reader.ROW_SECURITY;
    }
}
