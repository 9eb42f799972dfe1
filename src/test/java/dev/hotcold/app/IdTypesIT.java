package dev.hotcold.app;

import static dev.hotcold.testkit.OwnersDatabase.awaitPromo;
import static dev.hotcold.testkit.OwnersDatabase.awaitReason;
import static dev.hotcold.testkit.OwnersDatabase.cache;
import static dev.hotcold.testkit.OwnersDatabase.promo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UserSelect;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.OwnersDatabase;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An id is the same as a row's where PostgreSQL says so, whatever the type of the column. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class IdTypesIT {

    private static final String LOOSE_COLLATION =
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";

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

    /** A table whose user_id has this type. */
    private OwnersDatabase table(String type, String... rows) {
        String before = type.contains("loose")
                ? LOOSE_COLLATION
                : switch (type) {
                    case "citext" -> "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;";
                    case "short_name" -> "CREATE DOMAIN short_name AS varchar(20) CHECK (value <> '');";
                    case "padded" -> "CREATE DOMAIN padded AS char(20);";
                    default -> "";
                };
        String qualified = type.equals("citext") ? "ext.citext" : type;
        created = OwnersDatabase.create(
                servers,
                "",
                before + "CREATE TABLE users (user_id " + qualified
                        + " PRIMARY KEY, deeplink text NOT NULL, promo_message text NOT NULL)");
        for (String row : rows) {
            created.sql("INSERT INTO users VALUES ('" + row + "', 'app://d', 'one')");
        }
        return created;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "varchar(20)",
                "name",
                "char(20)",
                "short_name",
                "padded",
                "smallint",
                "integer",
                "bigint",
                "numeric",
                "citext",
                "varchar(20) COLLATE loose"
            })
    void idAsTheRowHasIt_isCachedAndFollowed(String type) {
        OwnersDatabase owner = table(type, "7", "12345");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "7");

            owner.sql("UPDATE users SET promo_message = 'two'");
            awaitPromo(service, "7", "two");
            cache(service, "7");

            owner.sql("DELETE FROM users WHERE user_id = '7'");
            awaitPromo(service, "7", "");

            owner.sql("INSERT INTO users VALUES ('7', 'd', 'three')");
            awaitPromo(service, "7", "three");
            assertThat(promo(service, "no-number")).isEmpty();
        }
    }

    /** What the log would tell under another name is not cached, nor is its absence. */
    @ParameterizedTest
    @CsvSource({
        "integer, 7, 007",
        "bigint, 7, 007",
        "numeric, 7, 007",
        "citext, anna, Anna",
        "varchar(20) COLLATE loose, anna, ANNA"
    })
    void idThatIsWrittenOtherwise_isFoundAndNeverStale(String type, String row, String asked) {
        OwnersDatabase owner = table(type, row);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            awaitPromo(service, asked, "one");
            assertThat(new JsonObject(service.lookup(asked).body()).getString("user_id"))
                    .isEqualTo(asked);
            assertThat(servers.cached(asked)).isEmpty();

            owner.sql("UPDATE users SET promo_message = 'two'");
            assertThat(promo(service, asked)).isEqualTo("two");
            awaitPromo(service, row, "two");

            owner.sql("DELETE FROM users");
            assertThat(promo(service, asked)).isEmpty();
            owner.sql("INSERT INTO users VALUES ('" + row + "', 'd', 'three')");
            assertThat(promo(service, asked)).isEqualTo("three");
        }
    }

    @ParameterizedTest
    @CsvSource({"uuid, uuid", "boolean, bool", "bytea, bytea", "timestamptz, timestamptz", "jsonb, jsonb"})
    void typeThatNoRequestCanName_isRefusedAtTheStart(String type, String name) {
        OwnersDatabase owner = table(type);

        assertThatThrownBy(owner::service)
                .rootCause()
                .isInstanceOf(StartFailure.class)
                .hasMessage("the column user_id of the table public.users is of type " + name
                        + ", whose values no user_id of a request equals: let it be of a text type or an integer");

        owner.sql("ALTER TABLE users ALTER user_id TYPE text USING user_id::text");
        try (TestService service = owner.service()) {
            assertThat(promo(service, "7")).isEmpty();
        }
    }

    /** It may also become so while the service runs. */
    @Test
    void typeThatBecomesImpossible_isTold() {
        OwnersDatabase owner = table("text");
        try (TestService service = owner.service()) {
            assertThat(promo(service, "7")).isEmpty();
            owner.sql("ALTER TABLE users ALTER user_id TYPE uuid USING gen_random_uuid()");

            awaitReason(service, "is of type uuid");
        }
    }

    /** The type changes under a service that runs. */
    @Test
    void typeThatChanges_isNoticed() {
        OwnersDatabase owner = table("varchar(20)", "anna");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "anna");
            assertThat(promo(service, "ANNA")).isEmpty();

            owner.sql(LOOSE_COLLATION + "ALTER TABLE users ALTER user_id TYPE varchar(20) COLLATE loose");

            awaitPromo(service, "ANNA", "one");
            owner.sql("ALTER TABLE users ALTER user_id TYPE char(20)");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            awaitPromo(service, "anna", "one");
            awaitPromo(service, "ANNA", "");
        }
    }

    /** PostgreSQL is not even asked for such an id. */
    @Test
    void idThatNoRowCanHave_isAbsentAndProvesNothingOfPostgres() {
        OwnersDatabase owner = table("integer", "7");
        String url = owner.role("reader", "");
        owner.sql("GRANT SELECT ON users TO reader");
        try (TestService service = owner.service("DATABASE_URL", url, "CHANGE_FEED", "off")) {
            assertThat(promo(service, "7")).isEqualTo("one");
            owner.sql("REVOKE SELECT ON users FROM reader");
            for (int i = 0; i < 20; i++) {
                assertThat(promo(service, "100" + i)).isEqualTo("status 500");
                assertThat(promo(service, "word" + i)).isEmpty();
                assertThat(service.manage("/readyz").body()).contains("the role may not read the table");
            }

            String advice = "GRANT SELECT (user_id, deeplink, promo_message) ON public.users TO reader;";
            assertThat(service.manage("/readyz").body()).contains(advice);
            owner.sql(advice);
            assertThat(promo(service, "7")).isEqualTo("one");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "varchar(20)",
                "name",
                "char(20)",
                "short_name",
                "padded",
                "integer",
                "bigint",
                "numeric",
                "citext",
                "varchar(20) COLLATE loose"
            })
    void queryOfUsers_usesTheIndex(String type) {
        OwnersDatabase owner = table(type);
        owner.sql("INSERT INTO users SELECT g::text::"
                + (type.equals("citext") ? "ext.citext" : type.replaceFirst(" .*", ""))
                + ", 'd', 'p' FROM generate_series(1, 20000) AS g; ANALYZE users");
        Resolution found = CatalogQuery.parse(owner.texts(CatalogQuery.BY_NAME).getFirst());
        UserSelect select = UserSelect.of(((Resolution.Resolved) found).table());

        // The plan that a prepared statement has after its first executions.
        List<String> plan = owner.texts(
                "SET plan_cache_mode = force_generic_plan; PREPARE q (text[]) AS " + select.sql(),
                "EXPLAIN EXECUTE q ('{500,777}')");

        assertThat(plan).anyMatch(line -> line.contains("Index")).noneMatch(line -> line.contains("Seq Scan"));
    }
}
