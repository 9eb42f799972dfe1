package dev.hotcold.app;

import static dev.hotcold.testkit.OwnersDatabase.TABLE;
import static dev.hotcold.testkit.OwnersDatabase.awaitPromo;
import static dev.hotcold.testkit.OwnersDatabase.awaitReason;
import static dev.hotcold.testkit.OwnersDatabase.cache;
import static dev.hotcold.testkit.OwnersDatabase.promo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables as their owners have had them for years: what is cached follows them, and their owners can do what they could. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class OwnersTableIT {

    private static final String ALICE =
            "INSERT INTO users VALUES ('alice', 'app://a', 'one'), ('bob', 'app://b', 'one');";

    private static Servers servers;
    private @Nullable OwnersDatabase created;

    @BeforeAll
    static void start() {
        servers = Servers.start("max_prepared_transactions=2");
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

    private OwnersDatabase database(String... statements) {
        return encoded("", statements);
    }

    private OwnersDatabase encoded(String options, String... statements) {
        created = OwnersDatabase.create(servers, options, statements);
        return created;
    }

    @Test
    void childrenWithoutAKey_theOwnerCanStillWrite_andIsToldWhatToDo() {
        OwnersDatabase owner = database(
                TABLE + ALICE,
                "CREATE TABLE users_eu () INHERITS (users); INSERT INTO users_eu VALUES ('eu', 'd', 'one')");
        try (TestService service = owner.service()) {
            awaitReason(service, "ALTER TABLE public.users_eu REPLICA IDENTITY FULL;");
            assertThat(owner.texts("SELECT pubname FROM pg_publication")).isEmpty();

            owner.sql("UPDATE users SET promo_message = 'two'");
            owner.sql("DELETE FROM users WHERE user_id = 'eu'");

            owner.sql("ALTER TABLE public.users_eu REPLICA IDENTITY FULL;");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            owner.sql("INSERT INTO users_eu VALUES ('eu', 'd', 'three')");
            cache(service, "eu");
            owner.sql("UPDATE users SET promo_message = 'four'");
            awaitPromo(service, "eu", "four");
            awaitPromo(service, "alice", "four");
        }
    }

    /** What the owner could do without our publication can be done beside it, a moment later at most. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE users DROP CONSTRAINT users_pkey",
                "ALTER TABLE users REPLICA IDENTITY NOTHING",
                "ALTER TABLE users RENAME TO users_old; CREATE TABLE users (LIKE users_old INCLUDING ALL);"
                        + "ALTER TABLE users_old DROP CONSTRAINT users_pkey"
            })
    void ourPublication_inTheWayOfTheOwner_isDropped(String statements) {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);

            owner.sql(statements);

            for (String table : owner.texts("SELECT relname FROM pg_class WHERE relname ~ '^users(_old)?$'")) {
                await().atMost(20, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
                    owner.sql("UPDATE " + table + " SET promo_message = 'two'; DELETE FROM " + table);
                    return true;
                });
            }
            owner.sql("ALTER TABLE users REPLICA IDENTITY FULL");
            await().atMost(30, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** The rights to drop it, or even to try what it is in the way of, are not needed to follow it. */
    @Test
    void ourPublication_madeByAnotherRole_isFollowed() {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
        }
        String api = owner.role("api", "REPLICATION");
        owner.sql("GRANT SELECT ON users TO api");
        try (TestService service = owner.service("DATABASE_URL", api)) {
            Feeds.awaitOwner(service);
        }
    }

    /** A lock says nothing of what can be done. */
    @Test
    void ourPublication_whileTheTableIsLocked_stays() throws SQLException {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
        }
        String made = owner.texts("SELECT oid FROM pg_publication").getFirst();
        try (Connection other = owner.connect("postgres");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE users IN SHARE MODE");
            try (TestService service = owner.service()) {
                Feeds.awaitOwner(service);
                other.rollback();
                owner.sql("UPDATE users SET promo_message = 'two'");
                awaitPromo(service, "alice", "two");
            }
        }
        assertThat(owner.texts("SELECT oid FROM pg_publication")).containsExactly(made);
    }

    /** The owner's own publication is the owner's. */
    @Test
    void ownersPublication_inTheWayOfTheOwner_stays() {
        OwnersDatabase owner = database(TABLE + ALICE, "CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);

            owner.sql("ALTER TABLE users DROP CONSTRAINT users_pkey");

            awaitReason(service, "ALTER TABLE public.users REPLICA IDENTITY FULL;");
            assertThat(owner.texts("SELECT pubname FROM pg_publication")).hasSize(1);
        }
    }

    /** Its partitions are listed one by one, and one that is made later is none of our business until it can be followed. */
    @Test
    void partitionedWithoutAKey_theOwnerCanWriteToANewPartition() {
        OwnersDatabase owner = database("CREATE TABLE users (user_id varchar(20), deeplink text, promo_message text)"
                + " PARTITION BY LIST (user_id); CREATE TABLE users_a PARTITION OF users FOR VALUES IN ('alice', 'bob');"
                + "ALTER TABLE users_a REPLICA IDENTITY FULL;" + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);

            owner.sql("CREATE TABLE users_c PARTITION OF users FOR VALUES IN ('carol');"
                    + "INSERT INTO users VALUES ('carol', 'd', 'one'); UPDATE users SET promo_message = 'two'");

            awaitPromo(service, "carol", "two");
            awaitReason(service, "ALTER TABLE public.users_c REPLICA IDENTITY FULL;");
            owner.sql("ALTER TABLE public.users_c REPLICA IDENTITY FULL;");
            awaitReason(service, "ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users_c;");
            owner.sql("ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users_c;");
            await().atMost(30, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** Its changes arrive under its own name. */
    @Test
    void childWithAKey_itsChangesAreFollowed() {
        OwnersDatabase owner = database(
                TABLE + ALICE,
                "CREATE TABLE users_eu (PRIMARY KEY (user_id)) INHERITS (users);"
                        + "INSERT INTO users_eu VALUES ('eu', 'd', 'one')");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "eu");

            owner.sql("UPDATE users SET promo_message = 'two' WHERE user_id = 'eu'");
            awaitPromo(service, "eu", "two");

            owner.sql("TRUNCATE ONLY users_eu");
            awaitPromo(service, "eu", "");
        }
    }

    @Test
    void childMadeWhileRunning_isNoticed() {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);

            owner.sql("CREATE TABLE users_eu (PRIMARY KEY (user_id)) INHERITS (users);"
                    + "INSERT INTO users_eu VALUES ('eu', 'd', 'one')");

            awaitReason(service, "ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users_eu;");
            owner.sql("ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users_eu;");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            cache(service, "eu");
            owner.sql("UPDATE users_eu SET promo_message = 'two'");
            awaitPromo(service, "eu", "two");
        }
    }

    @Test
    void feedsRole_forWhichTheNameIsAnothersTable_followsOurs() {
        OwnersDatabase owner = database(
                TABLE + "INSERT INTO users VALUES ('alice', 'app://other', 'OTHER')",
                "CREATE SCHEMA tenant; CREATE TABLE tenant.users (LIKE public.users INCLUDING ALL);"
                        + "INSERT INTO tenant.users VALUES ('alice', 'app://mine', 'mine')");
        String api = owner.role("api", "");
        owner.sql("ALTER ROLE api SET search_path = tenant; GRANT USAGE ON SCHEMA tenant TO api;"
                + "GRANT SELECT ON tenant.users TO api");
        try (TestService service =
                owner.service("DATABASE_URL", api, "CHANGE_FEED_DATABASE_URL", owner.url("postgres"))) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("UPDATE tenant.users SET promo_message = 'mine, new'");
            awaitPromo(service, "alice", "mine, new");
            cache(service, "alice");

            owner.sql("UPDATE public.users SET promo_message = 'OTHER, new'; "
                    + "UPDATE tenant.users SET promo_message = 'last'");
            awaitPromo(service, "alice", "last");
            assertThat(owner.texts("SELECT schemaname FROM pg_publication_tables"))
                    .containsExactly("tenant");
        }
    }

    @Test
    void feedsRole_inAnotherDatabase_isTold() {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service =
                owner.service("CHANGE_FEED_DATABASE_URL", servers.postgres().databaseUrl())) {
            awaitReason(service, "CHANGE_FEED_DATABASE_URL leads to another database than DATABASE_URL");
            assertThat(promo(service, "alice")).isEqualTo("one");
        }
    }

    @Test
    void hiddenRow_isNeverServedFromTheLog() {
        OwnersDatabase owner = database(
                "CREATE TABLE users (user_id varchar(20) PRIMARY KEY, deeplink text, promo_message text,"
                        + " hidden boolean NOT NULL DEFAULT false);",
                ALICE,
                "CREATE PUBLICATION hotcold_user_api FOR TABLE users; ALTER TABLE users ENABLE ROW LEVEL SECURITY;"
                        + "CREATE POLICY visible ON users FOR SELECT USING (NOT hidden)");
        String api = owner.role("api", "REPLICATION");
        owner.sql("GRANT SELECT ON users TO api");
        try (TestService service = owner.service("DATABASE_URL", api)) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("UPDATE users SET hidden = true, promo_message = 'secret' WHERE user_id = 'alice'");
            awaitPromo(service, "alice", "");

            owner.sql("UPDATE users SET hidden = false, promo_message = 'shown' WHERE user_id = 'alice'");
            awaitPromo(service, "alice", "shown");
        }
    }

    /** A policy that comes later hides what is cached already. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON users USING (user_id <> 'alice')",
                "REVOKE SELECT ON users FROM api; GRANT SELECT (user_id, deeplink) ON users TO api"
            })
    void rightsThatAreTakenAwayWhileRunning_bindWhatIsCached(String statements) {
        OwnersDatabase owner = database(TABLE + ALICE, "CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        String api = owner.role("api", "REPLICATION");
        owner.sql("GRANT SELECT ON users TO api");
        try (TestService service = owner.service("DATABASE_URL", api)) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql(statements);

            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> !promo(service, "alice").equals("one"));
            owner.sql("UPDATE users SET promo_message = 'secret'");
            assertThat(promo(service, "alice")).isNotEqualTo("secret");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "FOR ALL TABLES", "FOR TABLES IN SCHEMA public"})
    void tableSwappedByRename_whatIsCachedOfTheOldOneIsGone(String publication) {
        OwnersDatabase owner = database(TABLE + ALICE);
        if (!publication.isEmpty()) {
            owner.sql("CREATE PUBLICATION hotcold_user_api " + publication);
        }
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");
            cache(service, "bob");

            owner.sql("CREATE TABLE users_new (LIKE users INCLUDING ALL);"
                    + "INSERT INTO users_new SELECT user_id, deeplink, 'RELOADED' FROM users WHERE user_id <> 'bob'");
            owner.sql("BEGIN; ALTER TABLE users RENAME TO users_old; ALTER TABLE users_new RENAME TO users;"
                    + (publication.isEmpty() ? "ALTER PUBLICATION hotcold_user_api SET TABLE users;" : "")
                    + "COMMIT");

            awaitPromo(service, "alice", "RELOADED");
            awaitPromo(service, "bob", "");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            cache(service, "alice");
            owner.sql("UPDATE users_old SET promo_message = 'old'; UPDATE users SET promo_message = 'new'");
            awaitPromo(service, "alice", "new");
        }
    }

    /** The advice that is given is the statement that makes it followed again. */
    @Test
    void tableSwapped_publicationNotMoved_theAdviceMovesIt() {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("DROP TABLE users;" + TABLE + "INSERT INTO users VALUES ('alice', 'd', 'NEW')");

            awaitPromo(service, "alice", "NEW");
            awaitReason(service, "ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users;");
            owner.sql("ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users;");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE users ALTER promo_message TYPE text USING upper(promo_message)",
                "ALTER TABLE users ALTER promo_message TYPE varchar(500) USING upper(promo_message)",
                "ALTER TABLE users DROP promo_message; ALTER TABLE users ADD promo_message text NOT NULL DEFAULT 'ONE'",
                "ALTER TABLE users RENAME promo_message TO p; ALTER TABLE users ADD promo_message text DEFAULT 'ONE'"
            })
    void columnsRewritten_withoutARecordInTheLog_areNoticed(String statement) {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql(statement);

            awaitPromo(service, "alice", "ONE");
        }
    }

    private static final String PARTITIONED =
            "CREATE TABLE users (user_id varchar(20) NOT NULL, deeplink text NOT NULL,"
                    + " promo_message text NOT NULL, PRIMARY KEY (user_id)) PARTITION BY LIST (user_id);"
                    + "CREATE TABLE users_a PARTITION OF users FOR VALUES IN ('alice');"
                    + "CREATE TABLE users_b PARTITION OF users FOR VALUES IN ('bob');";

    @ParameterizedTest
    @ValueSource(strings = {"", "true", "false"})
    void partitions_truncatedOrDetached_areNoticed(String viaRoot) {
        OwnersDatabase owner = database(PARTITIONED + ALICE);
        if (!viaRoot.isEmpty()) {
            owner.sql("CREATE PUBLICATION hotcold_user_api FOR TABLE users WITH (publish_via_partition_root = "
                    + viaRoot + ")");
        }
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");
            owner.sql("UPDATE users SET promo_message = 'two'");
            awaitPromo(service, "alice", "two");
            cache(service, "bob");

            owner.sql("TRUNCATE users_a");
            awaitPromo(service, "alice", "");

            owner.sql("ALTER TABLE users DETACH PARTITION users_b");
            awaitPromo(service, "bob", "");

            owner.sql("ALTER TABLE users ATTACH PARTITION users_b FOR VALUES IN ('bob')");
            awaitPromo(service, "bob", "two");

            owner.sql("CREATE TABLE users_c PARTITION OF users FOR VALUES IN ('carol');"
                    + "INSERT INTO users VALUES ('carol', 'd', 'one')");
            awaitPromo(service, "carol", "one");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            cache(service, "carol");
            owner.sql("UPDATE users SET promo_message = 'three' WHERE user_id = 'carol'");
            awaitPromo(service, "carol", "three");
        }
    }

    /** Its changes would be told as those of the table above, of which other rows are nobody's business here. */
    @Test
    void usersIsAPartition_publishedByItsRoot_theAdviceHelps() {
        OwnersDatabase owner = database(
                "CREATE TABLE everybody (user_id varchar(20) PRIMARY KEY, deeplink text, promo_message text)"
                        + " PARTITION BY LIST (user_id); CREATE TABLE users PARTITION OF everybody FOR VALUES IN ('alice', 'bob');"
                        + ALICE
                        + "CREATE PUBLICATION hotcold_user_api FOR TABLE everybody WITH (publish_via_partition_root = true)");
        try (TestService service = owner.service()) {
            awaitReason(service, "ALTER PUBLICATION hotcold_user_api SET (publish_via_partition_root = false);");
            owner.sql("ALTER PUBLICATION hotcold_user_api SET (publish_via_partition_root = false);");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            cache(service, "alice");
            owner.sql("UPDATE everybody SET promo_message = 'two'");
            awaitPromo(service, "alice", "two");
        }
    }

    @Test
    void generatedColumn_usersAreRemovedInstead() {
        OwnersDatabase owner = database(
                "CREATE TABLE users (user_id varchar(20) PRIMARY KEY, slug text NOT NULL, promo_message text NOT NULL,"
                        + " deeplink text GENERATED ALWAYS AS ('app://open/' || slug) STORED);"
                        + "INSERT INTO users VALUES ('alice', 'a', 'one')");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("UPDATE users SET slug = 'b', promo_message = 'two'");

            awaitPromo(service, "alice", "two");
            assertThat(service.lookup("alice").body()).contains("app://open/b");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE VIEW users AS SELECT * FROM stored",
                "CREATE MATERIALIZED VIEW users AS SELECT * FROM stored"
            })
    void view_isServedAndNothingIsAdvisedThatFails(String view) {
        OwnersDatabase owner = database(
                "CREATE TABLE stored (user_id varchar(20) PRIMARY KEY, deeplink text, promo_message text);"
                        + "INSERT INTO stored VALUES ('alice', 'd', 'one');",
                view);
        try (TestService service = owner.service()) {
            awaitReason(service, "public.users is no table of rows of its own", "set CHANGE_FEED=off if that is meant");
            awaitPromo(service, "alice", "one");
            assertThat(owner.texts("SELECT pubname FROM pg_publication")).isEmpty();
        }
        try (TestService service = owner.service("CHANGE_FEED", "off")) {
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
        }
    }

    /** The table is the owner's: what the change feed lacks is told all the same. */
    @Test
    void migrate_byARoleThatMayMakeNoTables_saysWhatTheChangeFeedLacks() {
        OwnersDatabase owner = database(TABLE + ALICE);
        Map<String, String> environment = owner.environment();
        environment.put("DATABASE_URL", owner.role("api", "REPLICATION"));
        owner.sql("GRANT SELECT ON users TO api");

        Program.Ended ended = Program.run(environment, "migrate");

        assertThat(ended.out())
                .contains("the role may not make tables here; the table \"users\" that is there is used as it is");
        assertThat(ended.err()).contains("CREATE PUBLICATION hotcold_user_api FOR TABLE public.users;");
        assertThat(ended.exitCode()).isEqualTo(3);
        assertThat(Program.run(environment, "migrate", "--allow-incomplete").exitCode())
                .isZero();
        environment.put("CHANGE_FEED", "off");
        assertThat(Program.run(environment, "migrate").exitCode()).isZero();
    }

    @Test
    void publicationThatTheRoleMayNotMake_theAdviceMakesItAsTheOwner() {
        OwnersDatabase owner = database();
        String api = owner.role("api", "REPLICATION");
        owner.role("dba", "");
        owner.sql("GRANT CREATE ON SCHEMA public TO dba; GRANT CREATE ON DATABASE owners TO dba");
        owner.as("dba", TABLE + ALICE + "GRANT SELECT ON users TO api");
        try (TestService service = owner.service("DATABASE_URL", api)) {
            String advice = "CREATE PUBLICATION hotcold_user_api FOR TABLE public.users;";
            awaitReason(service, advice + " as the owner of the table, who must have CREATE on the database");
            owner.as("dba", advice);
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** Commits would wait for the change feed as for a standby. */
    @Test
    void feedWouldBeASynchronousStandby_theAdviceMakesItNone() {
        OwnersDatabase owner = database(TABLE + ALICE, "ALTER DATABASE owners SET synchronous_commit = local");
        configure("*");
        try (TestService service = owner.service()) {
            awaitReason(service, "so that every commit would wait for the change feed: name the standbys themselves");
            configure("a_standby");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        } finally {
            configure("");
        }
    }

    private static void configure(String standbys) {
        servers.sql("ALTER SYSTEM SET synchronous_standby_names = '" + standbys + "'");
        servers.sql("SELECT pg_reload_conf()");
    }

    @Test
    void slotOfAnotherDatabase_theAdviceNamesASettingThatHelps() {
        OwnersDatabase owner = database(TABLE + ALICE);
        servers.sql("SELECT pg_create_logical_replication_slot('hotcold_user_api', 'pgoutput')");
        try (TestService service = owner.service()) {
            awaitReason(service, "set CHANGE_FEED_SLOT to a free name");
        }
        try (TestService service = owner.service("CHANGE_FEED_SLOT", "a_free_name")) {
            Feeds.awaitOwner(service);
        }
    }

    @Test
    void unloggedTable_theAdviceMakesItFollowed() {
        OwnersDatabase owner = database(TABLE.replace("CREATE TABLE", "CREATE UNLOGGED TABLE") + ALICE);
        try (TestService service = owner.service()) {
            awaitReason(service, "ALTER TABLE public.users SET LOGGED;");
            owner.sql("ALTER TABLE public.users SET LOGGED;");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    @Test
    void publicationWithARowFilter_theAdviceRemovesIt() {
        OwnersDatabase owner =
                database(TABLE + ALICE, "CREATE PUBLICATION hotcold_user_api FOR TABLE users WHERE (user_id <> 'bob')");
        try (TestService service = owner.service()) {
            awaitReason(service, "ALTER PUBLICATION hotcold_user_api DROP TABLE ONLY public.users;");
            owner.sql("ALTER PUBLICATION hotcold_user_api DROP TABLE ONLY public.users;"
                    + " ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users;");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** What was changed meanwhile is in the log of nobody. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER PUBLICATION hotcold_user_api SET TABLE other; {CHANGE} ALTER PUBLICATION hotcold_user_api SET TABLE users",
                "ALTER PUBLICATION hotcold_user_api SET (publish = 'insert'); {CHANGE}"
                        + " ALTER PUBLICATION hotcold_user_api SET (publish = 'insert, update, delete, truncate')",
                "DROP PUBLICATION hotcold_user_api; {CHANGE} CREATE PUBLICATION hotcold_user_api FOR TABLE users"
            })
    void publicationChangedAndPutBack_isNoticed(String statements) {
        OwnersDatabase owner =
                database(TABLE + ALICE, "CREATE TABLE other (); CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            for (String statement : statements
                    .replace("{CHANGE}", "UPDATE users SET promo_message = 'two';")
                    .split(";", -1)) {
                owner.sql(statement);
            }

            awaitPromo(service, "alice", "two");
            await().atMost(30, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** Its changes name the user, and that is enough to remove it. */
    @Test
    void publicationWithAColumnList_usersAreRemovedInstead() {
        OwnersDatabase owner =
                database(TABLE + ALICE, "CREATE PUBLICATION hotcold_user_api FOR TABLE users (user_id, deeplink)");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("UPDATE users SET promo_message = 'two'");

            awaitPromo(service, "alice", "two");
        }
    }

    /** Which of two rows a lookup finds is not for the log to say. */
    @Test
    void idsThatAreNotUnique_theLogsRowIsNotServed() {
        OwnersDatabase owner = database("CREATE TABLE users (user_id varchar(20), deeplink text, promo_message text);"
                + "ALTER TABLE users REPLICA IDENTITY FULL; INSERT INTO users VALUES ('alice', 'd', 'one')");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("INSERT INTO users VALUES ('alice', 'd', 'two'); DELETE FROM users WHERE promo_message = 'two'");

            awaitPromo(service, "alice", "one");
        }
    }

    /** Where the attribute is not the right: it is tried, and PostgreSQL's own answer decides. */
    @Test
    void roleThatReplicatesByMembership_isTriedAndNotRefusedByAnAttribute() {
        OwnersDatabase owner = database(TABLE + ALICE, "CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        owner.role("cloud_replication", "");
        String api = owner.role("api", "IN ROLE cloud_replication");
        owner.sql("GRANT SELECT ON users TO api");
        try (TestService service = owner.service("DATABASE_URL", api)) {
            awaitReason(service, "the role may not replicate (FATAL: ", "ALTER ROLE api REPLICATION");
            owner.sql("ALTER ROLE api REPLICATION");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    @Test
    void slotThatWaitsForATransaction_isToldWithWhomItWaitsFor() throws SQLException {
        OwnersDatabase owner = database(TABLE + ALICE);
        try (Connection other = owner.connect("postgres");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("CREATE TABLE held (a int)");
            try (TestService service = owner.service()) {
                awaitReason(
                        service, "waits for the end of open transactions: the process ", " of postgres open since ");
                other.rollback();
                await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            }
        }
    }

    @Test
    void preparedTransaction_thatKeepsTheSlotWaiting_isTold() {
        OwnersDatabase owner = database(TABLE + ALICE);
        owner.sql("BEGIN; CREATE TABLE held (a int); PREPARE TRANSACTION 'held'");
        try (TestService service = owner.service()) {
            awaitReason(service, "waits for the end of open transactions: a prepared transaction");
            owner.sql("ROLLBACK PREPARED 'held'");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** One row that is no UTF-8 costs its own user, and nobody's changes. */
    @Test
    void unreadableChange_theOthersAreApplied() {
        OwnersDatabase owner = encoded(
                "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
                TABLE + ALICE + "INSERT INTO users VALUES ('carol', 'app://c', 'grün')");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");
            cache(service, "bob");
            cache(service, "carol");

            owner.sql("UPDATE users SET promo_message = convert_from('\\xfc', 'SQL_ASCII') WHERE user_id = 'alice'");
            owner.sql("UPDATE users SET promo_message = 'später' WHERE user_id IN ('bob', 'carol')");

            awaitPromo(service, "bob", "später");
            awaitPromo(service, "carol", "später");
            assertThat(promo(service, "alice")).isNotEqualTo("one");
            assertThat(Feeds.isOwner(service)).isTrue();
        }
    }

    @Test
    void otherEncoding_usersAreRemovedInstead() {
        OwnersDatabase owner = encoded(
                "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
                TABLE + "INSERT INTO users VALUES ('alice', 'app://a', 'grün')");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("UPDATE users SET promo_message = 'später'");

            awaitPromo(service, "alice", "später");
        }
    }

    @Test
    void padded_changesOfShortIdsAreFollowed() {
        OwnersDatabase owner = database(
                "CREATE TABLE users (user_id char(20) PRIMARY KEY, deeplink text NOT NULL, promo_message text NOT NULL);"
                        + "INSERT INTO users VALUES ('abcdefghijklmnopqrst', 'd', 'one');" + ALICE);
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "abcdefghijklmnopqrst");
            cache(service, "alice");
            assertThat(promo(service, "alice")).isEqualTo("one");

            owner.sql("UPDATE users SET promo_message = 'two'");

            awaitPromo(service, "alice", "two");
            awaitPromo(service, "abcdefghijklmnopqrst", "two");
        }
    }

    @Test
    void tableOutsideTheSearchPath_theAdviceFindsIt() {
        OwnersDatabase owner =
                database("CREATE SCHEMA app; CREATE TABLE app.users (user_id varchar(20) PRIMARY KEY, deeplink text,"
                        + " promo_message text); INSERT INTO app.users VALUES ('alice', 'd', 'one')");
        String api = owner.role("api", "REPLICATION");
        try (TestService service =
                owner.service("DATABASE_URL", api, "CHANGE_FEED_DATABASE_URL", owner.url("postgres"))) {
            String advice = "ALTER ROLE api SET search_path = app; GRANT USAGE ON SCHEMA app TO api;"
                    + " GRANT SELECT (user_id, deeplink, promo_message) ON app.users TO api;";
            awaitReason(service, advice);
            owner.sql(advice);
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            // For good, and for the connections that were open before, too.
            cache(service, "alice");
            owner.sql("UPDATE app.users SET promo_message = 'two'");
            awaitPromo(service, "alice", "two");
            cache(service, "alice");
            assertThat(service.metric("hotcold_changefeed_sessions_total")).isLessThan(3);
        }
    }

    /** Rights are those of the role that a login becomes, its settings those of the login. */
    @Test
    void loginThatBecomesAnotherRole_theAdviceNamesBoth() {
        OwnersDatabase owner =
                database("CREATE SCHEMA app; CREATE TABLE app.users (user_id varchar(20) PRIMARY KEY, deeplink text,"
                        + " promo_message text); INSERT INTO app.users VALUES ('alice', 'd', 'one')");
        owner.role("reader", "");
        String api = owner.role("api", "REPLICATION IN ROLE reader");
        owner.sql("ALTER ROLE api SET role = reader");
        try (TestService service =
                owner.service("DATABASE_URL", api, "CHANGE_FEED_DATABASE_URL", owner.url("postgres"))) {
            String advice = "ALTER ROLE api SET search_path = app; GRANT USAGE ON SCHEMA app TO reader;"
                    + " GRANT SELECT (user_id, deeplink, promo_message) ON app.users TO reader;";
            awaitReason(service, advice);
            owner.sql(advice);
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            awaitPromo(service, "alice", "one");
        }
    }

    @Test
    void namesThatNeedQuotes_areQuotedOnce() {
        OwnersDatabase owner = database("CREATE SCHEMA \"Tenant-1\"; CREATE TABLE \"Tenant-1\".users"
                + " (user_id varchar(20) PRIMARY KEY, deeplink text, promo_message text);"
                + "INSERT INTO \"Tenant-1\".users VALUES ('alice', 'd', 'one')");
        String api = owner.role("\"A.p\"\"i\"", "");
        try (TestService service = owner.service(
                "DATABASE_URL",
                api.replace("\"A.p\"\"i\"", "A.p%22i"),
                "CHANGE_FEED_DATABASE_URL",
                owner.url("postgres"))) {
            String advice = "ALTER ROLE \"A.p\"\"i\" SET search_path = \"Tenant-1\"; GRANT USAGE ON SCHEMA"
                    + " \"Tenant-1\" TO \"A.p\"\"i\"; GRANT SELECT (user_id, deeplink, promo_message) ON \"Tenant-1\".users TO \"A.p\"\"i\";";
            awaitReason(service, advice.replace("\"", "\\\""));
            owner.sql(advice);
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            cache(service, "alice");

            owner.sql("UPDATE \"Tenant-1\".users SET promo_message = 'two'");
            awaitPromo(service, "alice", "two");
        }
    }

    /** Nobody else's temporary table is meant. */
    @Test
    void temporaryTableOfAnotherSession_isNoneToPointTo() throws SQLException {
        OwnersDatabase owner = database();
        try (Connection other = owner.connect("postgres");
                Statement statement = other.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE users (user_id text)");
            try (TestService service = owner.service()) {
                awaitReason(service, "the table \\\"users\\\" is missing: create it with `hotcold migrate`");
            }
        }
    }

    /** The log names rows by the key alone, and not by what an index only carries along. */
    @Test
    void keyThatOnlyIncludesTheId_theAdviceMakesDeletionsFollowed() {
        OwnersDatabase owner = database(
                "CREATE TABLE users (id int, user_id varchar(20) UNIQUE, deeplink text,"
                        + " promo_message text, PRIMARY KEY (id) INCLUDE (user_id)); INSERT INTO users VALUES (1, 'alice', 'd', 'one')");
        try (TestService service = owner.service()) {
            awaitReason(service, "ALTER TABLE public.users REPLICA IDENTITY FULL;");
            owner.sql("ALTER TABLE public.users REPLICA IDENTITY FULL;");
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
            cache(service, "alice");

            owner.sql("DELETE FROM users");
            awaitPromo(service, "alice", "");
        }
    }

    /** What was deleted meanwhile is named in the log by something else. */
    @Test
    void replicaIdentityChangedAndPutBack_isNoticed() {
        OwnersDatabase owner = database("CREATE TABLE users (id int NOT NULL UNIQUE, user_id varchar(20) PRIMARY KEY,"
                + " deeplink text, promo_message text); INSERT INTO users VALUES (1, 'alice', 'd', 'one')");
        try (TestService service = owner.service()) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("ALTER TABLE users REPLICA IDENTITY USING INDEX users_id_key");
            owner.sql("DELETE FROM users");
            owner.sql("ALTER TABLE users REPLICA IDENTITY DEFAULT");

            awaitPromo(service, "alice", "");
        }
    }

    /** Rights count also where a change only removes in any case. */
    @Test
    void rightTakenAway_whereChangesOnlyRemove_bindsWhatIsCached() {
        OwnersDatabase owner = database(
                TABLE + ALICE,
                "CREATE TABLE users_eu (PRIMARY KEY (user_id)) INHERITS (users);"
                        + "CREATE PUBLICATION hotcold_user_api FOR TABLE users, users_eu");
        String api = owner.role("api", "REPLICATION");
        owner.sql("GRANT SELECT ON users TO api");
        try (TestService service = owner.service("DATABASE_URL", api)) {
            Feeds.awaitOwner(service);
            cache(service, "alice");

            owner.sql("REVOKE SELECT ON users FROM api");

            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> !promo(service, "alice").equals("one"));
        }
    }

    @Test
    void partitionsPublishedOneByOne_oneWithAFilter_theAdviceRemovesIt() {
        OwnersDatabase owner = database(
                PARTITIONED + ALICE,
                "CREATE PUBLICATION hotcold_user_api FOR TABLE users_a WHERE (user_id <> 'carol'), users_b");
        try (TestService service = owner.service()) {
            String advice = "ALTER PUBLICATION hotcold_user_api DROP TABLE ONLY public.users_a; ALTER PUBLICATION"
                    + " hotcold_user_api ADD TABLE ONLY public.users_a;";
            awaitReason(service, advice);
            owner.sql(advice);
            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    /** Who may make functions does not have them run by those who look at the catalog. */
    @Test
    void functionsInFrontOfPostgresOwn_areNotRun() {
        OwnersDatabase owner = database(
                TABLE + ALICE + "CREATE TABLE trapped (who text);",
                "CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE sql AS"
                        + " $$ INSERT INTO public.trapped VALUES (session_user) RETURNING 'x' $$",
                "CREATE FUNCTION public.to_jsonb(pg_publication) RETURNS jsonb LANGUAGE sql AS"
                        + " $$ INSERT INTO public.trapped VALUES (session_user); SELECT '{}'::jsonb $$");
        String api = owner.role("api", "");
        owner.sql("GRANT SELECT ON users TO api");
        try (TestService service =
                owner.service("DATABASE_URL", api, "CHANGE_FEED_DATABASE_URL", owner.url("postgres"))) {
            Feeds.awaitOwner(service);
            cache(service, "alice");
            assertThat(owner.texts("SELECT who FROM trapped")).isEmpty();
        }
    }
}
