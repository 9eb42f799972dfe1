package dev.hotcold.app;

import static dev.hotcold.testkit.OwnersDatabase.promo;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UserSelect;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where nothing makes ids unique, one id may have any number of rows: one of them is sent. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class RowsOfOneIdIT {

    private static final String COLUMNS =
            " (user_id varchar(20) NOT NULL, deeplink text NOT NULL, promo_message text NOT NULL);";

    private static Servers servers;
    private @Nullable OwnersDatabase created;

    @BeforeAll
    static void start() {
        servers = Servers.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @AfterEach
    void drop() {
        if (created != null) {
            created.close();
        }
    }

    private OwnersDatabase create(String shape) {
        String table = shape.equals("char(20)") ? COLUMNS.replace("varchar(20)", shape) : COLUMNS;
        created = OwnersDatabase.create(
                servers,
                "",
                switch (shape) {
                    case "view" ->
                        "CREATE TABLE kept" + table + "CREATE INDEX ON kept (user_id);"
                                + " CREATE VIEW users AS SELECT * FROM kept UNION ALL SELECT * FROM kept WHERE false";
                    case "inheritance" ->
                        "CREATE TABLE users" + table + "ALTER TABLE users ADD PRIMARY KEY (user_id);"
                                + " CREATE TABLE kept () INHERITS (users); CREATE INDEX ON kept (user_id)";
                    case "materialized view" -> "CREATE TABLE kept" + table;
                    default -> "CREATE TABLE users" + table + "CREATE INDEX ON users (user_id)";
                });
        String many = shape.equals("table") || shape.equals("char(20)") ? "users" : "kept";
        created.sql("INSERT INTO " + many + " SELECT 'many', 'app://d', 'one' FROM generate_series(1, 30000);"
                + " INSERT INTO " + many + " SELECT 'u' || i, 'app://d', 'one' FROM generate_series(1, 20000) i");
        if (shape.equals("inheritance")) {
            created.sql("INSERT INTO users SELECT 'p' || i, 'app://d', 'one' FROM generate_series(1, 20000) i");
        }
        if (shape.equals("materialized view")) {
            created.sql("CREATE MATERIALIZED VIEW users AS SELECT * FROM kept; CREATE INDEX ON users (user_id)");
        }
        created.sql("ANALYZE");
        return created;
    }

    @ParameterizedTest
    @ValueSource(strings = {"table", "char(20)", "view", "materialized view", "inheritance"})
    void idWithThirtyThousandRows_isServedAndSoAreOthersOfItsQuery(String shape) {
        OwnersDatabase owner = create(shape);
        try (TestService service =
                owner.service("CHANGE_FEED", "off", "PG_MAX_CONNS", "1", "REQUEST_TIMEOUT_MS", "10000")) {
            try (RawClient client = RawClient.connect(service.port())) {
                StringBuilder requests = new StringBuilder();
                for (int i = 1; i <= 50; i++) {
                    requests.append("GET /v1/users?user_id=")
                            .append(i == 20 ? "many" : "u" + i)
                            .append(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
                client.send(requests.toString());
                for (int i = 1; i <= 50; i++) {
                    assertThat(client.readResponse().status())
                            .as("request " + i)
                            .isEqualTo(200);
                }
            }
            assertThat(promo(service, "nobody")).isEmpty();
            assertThat(service.manage("/readyz").body()).doesNotContain("postgres");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"table", "char(20)", "view", "materialized view", "inheritance"})
    void queryOfUsers_usesTheIndex(String shape) {
        OwnersDatabase owner = create(shape);
        Resolution found = CatalogQuery.parse(owner.texts(CatalogQuery.BY_NAME).getFirst());
        UserSelect select = UserSelect.of(((Resolution.Resolved) found).table());

        // The plan that a prepared statement has after its first executions.
        List<String> plan = owner.texts(
                "SET plan_cache_mode = force_generic_plan; PREPARE q (text[]) AS " + select.sql(),
                "EXPLAIN EXECUTE q ('{u500,u777,many}')");

        assertThat(plan).anyMatch(line -> line.contains("Index")).noneMatch(line -> line.contains("Seq Scan"));
    }

    /** A view may compute the id, so that no index helps: then it is computed once a query, not once an id. */
    @Test
    void queryOfAViewThatComputesTheId_readsItsTableOnce() {
        created = OwnersDatabase.create(
                servers,
                "",
                "CREATE TABLE kept (id integer PRIMARY KEY, deeplink text, promo_message text);"
                        + " INSERT INTO kept SELECT i, 'd', 'p' FROM generate_series(1, 20000) i; ANALYZE kept;"
                        + " CREATE VIEW users AS SELECT id::text AS user_id, deeplink, promo_message FROM kept");
        Resolution found =
                CatalogQuery.parse(created.texts(CatalogQuery.BY_NAME).getFirst());
        UserSelect select = UserSelect.of(((Resolution.Resolved) found).table());

        List<String> plan = created.texts(
                "SET plan_cache_mode = force_generic_plan; PREPARE q (text[]) AS " + select.sql(),
                "EXPLAIN ANALYZE EXECUTE q ('{500,777,9}')");

        assertThat(plan)
                .filteredOn(line -> line.contains("Scan on kept"))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).contains("loops=1)"));
    }

    /** A text is the same to the blank, whether or not it has the character for which it is read as bytes. */
    @Test
    void textOfTypeChar_isServedWithItsBlanksInEveryForm() {
        created = OwnersDatabase.create(
                servers,
                "",
                "CREATE TABLE users (user_id varchar(20) PRIMARY KEY, deeplink char(12), promo_message char(4))",
                "INSERT INTO users VALUES ('plain', 'app://p', 'two'), ('doubtful', U&'\\FFFD', 'one'), ('null', U&'\\FFFD', NULL)");
        try (TestService service = created.service("CHANGE_FEED", "off")) {
            JsonObject plain = new JsonObject(service.lookup("plain").body());
            assertThat(plain.getString("deeplink")).isEqualTo("app://p     ");
            assertThat(plain.getString("promo_message")).isEqualTo("two ");
            JsonObject doubtful = new JsonObject(service.lookup("doubtful").body());
            assertThat(doubtful.getString("deeplink")).isEqualTo("\ufffd           ");
            assertThat(doubtful.getString("promo_message")).isEqualTo("one ");
            assertThat(promo(service, "null")).isEmpty();
        }
    }
}
