package dev.hotcold.app.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.testkit.Servers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What migrations make of a database, and what they leave alone. */
class MigrationsIT {

    private static final String DATABASE = "migrations_it";

    /** As 001 declares it. */
    private static final String ID = "user_id varchar(20) COLLATE \"C\" PRIMARY KEY";

    private static final String TEXTS = "deeplink text NOT NULL, promo_message text NOT NULL";
    private static final String CHECK = "CHECK (user_id ~ '^[A-Za-z0-9_-]+$')";

    /**
     * Every catalog row of the owner's schema, with the transaction that wrote it: it differs when a row was only rewritten.
     */
    private static final List<String> CATALOG = List.of(
            "SELECT xmin, * FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ 'hotcold'",
            "SELECT xmin, * FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class"
                    + " WHERE relnamespace = 'public'::regnamespace AND relname !~ 'hotcold')",
            "SELECT xmin, *, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM pg_class"
                    + " WHERE relname !~ 'hotcold')",
            "SELECT xmin, *, pg_get_constraintdef(oid) FROM pg_constraint"
                    + " WHERE connamespace = 'public'::regnamespace AND conname !~ 'hotcold'",
            "SELECT * FROM users");

    /** Three seconds for the lock, the rest for a busy machine. */
    private static final Duration LOCK_LIMIT = Duration.ofSeconds(15);

    private final Servers servers = Servers.shared();
    private final PostgresSettings settings = settings();

    private PostgresSettings settings() {
        String url = servers.postgres().databaseUrl().replace("/postgres?", "/" + DATABASE + "?");
        return ((Loaded.Valid) ConfigLoader.load(Map.of("DATABASE_URL", url)))
                .config()
                .stores()
                .postgres();
    }

    @BeforeEach
    void createDatabase() {
        dropDatabase();
        servers.sql("CREATE DATABASE " + DATABASE);
    }

    @AfterEach
    void dropDatabase() {
        servers.sql("DROP DATABASE IF EXISTS " + DATABASE + " WITH (FORCE)");
    }

    @Test
    void apply_emptyDatabase_makesTheTableOfTheContract() throws Exception {
        assertThat(Migrations.apply(settings)).isEqualTo(2);

        assertContract();
        assertThat(Migrations.apply(settings)).isZero();
    }

    @Test
    void apply_migratedByTheReleaseBefore_keepsItsUsersAndAddsWhatTheContractHas() throws Exception {
        migrateTo001();
        sql("INSERT INTO users VALUES ('alice', 'd', 'p')");
        assertThatThrownBy(() -> sql("INSERT INTO users (user_id) VALUES ('bob')"))
                .hasMessageContaining("null value in column \"deeplink\"");

        assertThat(Migrations.apply(settings)).isEqualTo(1);

        assertContract();
        assertThat(rows("SELECT * FROM users WHERE user_id = 'alice'")).containsExactly("alice|d|p");
    }

    @Test
    void apply_migratedByTheReleaseBeforeAndChangedByItsOwner_keepsTheOwnersDefaultAndColumn() throws Exception {
        migrateTo001();
        sql("ALTER TABLE users ALTER promo_message SET DEFAULT 'Hi', ADD note text DEFAULT 'n'");

        Migrations.apply(settings);

        sql("INSERT INTO users (user_id) VALUES ('an odd id')");
        assertThat(rows("SELECT * FROM users")).containsExactly("an odd id||Hi|n");
    }

    /** Tables that look like that of 001 but for one thing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE users (" + ID + ", " + TEXTS + ")",
                "CREATE TABLE users (" + ID + " CONSTRAINT only_plain " + CHECK + ", " + TEXTS + ")",
                "CREATE TABLE users (" + ID + " CHECK (user_id ~ '^[A-Za-z0-9_-]{1,20}$'), " + TEXTS + ")",
                "CREATE TABLE users (" + ID + " CHECK (user_id <> ''), " + TEXTS + ")",
                "CREATE TABLE users (user_id varchar(20) PRIMARY KEY " + CHECK + ", " + TEXTS + ")",
                "CREATE TABLE users (user_id text COLLATE \"C\" PRIMARY KEY " + CHECK + ", " + TEXTS + ")",
                "CREATE TABLE users (user_id varchar(40) COLLATE \"C\" PRIMARY KEY " + CHECK + ", " + TEXTS + ")",
                "CREATE TABLE users (" + ID + ", deeplink text NOT NULL DEFAULT 'app://home', promo_message text)",
                "CREATE TABLE users (" + ID + " " + CHECK + ", " + TEXTS + ") PARTITION BY HASH (user_id)",
                "CREATE TABLE users (" + ID + ", " + TEXTS + "); ALTER TABLE users ADD CONSTRAINT users_user_id_check "
                        + CHECK + " NOT VALID",
                "CREATE TABLE members (" + ID + " CONSTRAINT users_user_id_check " + CHECK + ", " + TEXTS + ");"
                        + " CREATE VIEW users AS SELECT * FROM members"
            })
    void apply_tableOfTheOwners_staysAsItIs(String table) throws Exception {
        sql(table);
        List<String> before = catalog();

        Migrations.apply(settings);

        assertThat(catalog()).isEqualTo(before);
    }

    @Test
    void apply_tableIsLocked_failsInTimeAndSaysWhy() throws Exception {
        migrateTo001();
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE users IN ACCESS SHARE MODE");
            List<String> before = catalog();

            long begin = System.nanoTime();

            assertThatThrownBy(() -> Migrations.apply(settings))
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContainingAll(
                            DATABASE, "002_contract.sql", "kept the table users locked for 3 seconds", "run it again")
                    .hasMessageNotContainingAny("\n", "SELECT");

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LOCK_LIMIT);
            assertThat(catalog()).isEqualTo(before);
        }
        assertThat(Migrations.apply(settings)).isEqualTo(1);
        assertContract();
    }

    /** An id alone is a user, and an id that no lookup asks for is one too. */
    private void assertContract() throws SQLException {
        sql("INSERT INTO users (user_id) VALUES ('id-alone'), ('an odd id: ä')");
        assertThat(rows("SELECT * FROM users WHERE user_id <> 'alice' ORDER BY user_id"))
                .containsExactly("an odd id: ä||", "id-alone||");
        assertThat(rows("SELECT column_name, data_type, character_maximum_length, column_default, is_nullable"
                        + " FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position"))
                .containsExactly(
                        "user_id|character varying|20|null|NO",
                        "deeplink|text|null|''::text|NO",
                        "promo_message|text|null|''::text|NO");
        assertThat(rows("SELECT conname, contype FROM pg_constraint WHERE conrelid = 'users'::regclass"
                        + " AND contype <> 'n'"))
                .containsExactly("users_pkey|p");
    }

    /** What {@code hotcold migrate} of the release before does. */
    private void migrateTo001() {
        Flyway.configure()
                .dataSource(PostgresJdbc.dataSource(settings))
                .locations("classpath:migrations")
                .sqlMigrationPrefix("")
                .sqlMigrationSeparator("_")
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .table("hotcold_schema_history")
                .target("1")
                .load()
                .migrate();
    }

    private List<String> catalog() throws SQLException {
        List<String> catalog = new ArrayList<>();
        for (String query : CATALOG) {
            catalog.add(query);
            catalog.addAll(rows(query));
        }
        return catalog;
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(servers.postgres().jdbcUrl().replace("/postgres?", "/" + DATABASE + "?"));
    }

    private void sql(String statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        }
    }

    private List<String> rows(String query) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                List<String> columns = new ArrayList<>();
                for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    columns.add(String.valueOf(rows.getString(column)));
                }
                lines.add(String.join("|", columns));
            }
            return lines;
        }
    }
}
