package dev.hotcold.app.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.hotcold.app.doctor.Finding.Severity;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.PostgresPooler;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each problem that is planted is found with its fix; the fix is carried out as it is written, and the problem is gone. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class DoctorIT {

    /** What a fix goes on with for people. */
    private static final Pattern PROSE = Pattern.compile("; (?:or|as|and|if)\\b.*");

    private static final Pattern SETTING = Pattern.compile("([A-Z][A-Z_]+)=(\\S+?)(?:,.*)?");

    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private static Servers servers;

    @TempDir
    private Path directory;

    private Map<String, String> environment = new HashMap<>();

    @BeforeAll
    static void start() {
        servers = Servers.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @BeforeEach
    void reset() {
        servers.reset();
        redis("CONFIG SET maxmemory 200mb");
        redis("CONFIG SET maxmemory-policy allkeys-lru");
        environment = servers.environment();
    }

    private List<Finding> doctor() {
        Loaded loaded = ConfigLoader.load(environment);
        assertThat(loaded).isInstanceOf(Loaded.Valid.class);
        try (RedisResources resources = RedisClients.resources()) {
            return Diagnosis.of((Loaded.Valid) loaded, resources);
        }
    }

    private static List<Finding> bad(List<Finding> findings) {
        return findings.stream()
                .filter(finding ->
                        finding.severity() != Severity.OK && !finding.area().equals("host"))
                .toList();
    }

    /** The one thing that is found. */
    private Finding found(Severity severity, String area, String what) {
        List<Finding> bad = bad(doctor());
        assertThat(bad).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(severity);
            assertThat(finding.area()).isEqualTo(area);
            assertThat(finding.what()).contains(what);
            assertThat(finding.fix()).isNotEmpty();
        });
        return bad.getFirst();
    }

    private void assertWell() {
        assertThat(bad(doctor())).isEmpty();
    }

    private static String statement(Finding finding) {
        return PROSE.matcher(finding.fix()).replaceFirst("").replaceFirst("^as an administrator: ", "");
    }

    private void set(Finding finding) {
        Matcher setting = SETTING.matcher(finding.fix());
        assertThat(setting.matches()).as(finding.fix()).isTrue();
        environment.put(setting.group(1), setting.group(2));
    }

    /** As redis-cli reads it. */
    private static void redis(String command) {
        String[] words = command.split(" ", -1);
        CommandArgs<String, byte[]> args = new CommandArgs<>(CODEC);
        for (int i = 1; i < words.length; i++) {
            args.add(words[i]);
        }
        ProtocolKeyword keyword = new ProtocolKeyword() {
            @Override
            public byte[] getBytes() {
                return words[0].getBytes(StandardCharsets.US_ASCII);
            }

            @Override
            public String toString() {
                return words[0];
            }
        };
        servers.redisCommands().dispatch(keyword, new NestedMultiOutput<>(CODEC), args);
    }

    @Test
    void doctor_allWell_findsNothing() {
        assertWell();
        assertThat(doctor().stream().map(Finding::area).distinct())
                .containsExactly("settings", "host", "access", "postgresql", "change feed", "redis");
        assertThat(servers.redisCommands().keys("*")).isEmpty();
        assertThat(servers.queryLong(
                        "SELECT (SELECT count(*) FROM pg_publication) + (SELECT count(*) FROM pg_replication_slots)"))
                .isZero();
    }

    /** A role, the table as its owner has it, and what is found. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | ALTER TABLE users OWNER TO app; GRANT CREATE ON DATABASE owners TO app"
                        + " | change feed | WARN | may not replicate",
                "REPLICATION | GRANT SELECT ON users TO app | change feed | WARN | may not create the publication",
                "SUPERUSER | ALTER TABLE users DROP CONSTRAINT users_pkey; CREATE UNIQUE INDEX ON users (user_id)"
                        + " | change feed | WARN | does not log its user_id",
                "SUPERUSER | ALTER TABLE users SET UNLOGGED | change feed | WARN | is unlogged",
                "SUPERUSER | CREATE PUBLICATION hotcold_user_api FOR TABLE users WITH (publish = 'insert')"
                        + " | change feed | WARN | leaves out some changes",
                "SUPERUSER | CREATE PUBLICATION hotcold_user_api | change feed | WARN | is without public.users",
                "SUPERUSER CONNECTION LIMIT 3 | ALTER ROLE app NOSUPERUSER REPLICATION; ALTER TABLE users OWNER TO app;"
                        + " GRANT CREATE ON DATABASE owners TO app | postgresql | WARN | may have 3 connections",
                "SUPERUSER | SELECT pg_create_logical_replication_slot('hotcold_user_api', 'test_decoding')"
                        + " | change feed | FAIL | belongs to another plug-in"
            })
    void doctor_problemInPostgres_isMendedByTheStatement(
            String rights, String planted, String area, Severity severity, String what) {
        try (OwnersDatabase database = OwnersDatabase.create(servers, "", OwnersDatabase.TABLE)) {
            environment.put("DATABASE_URL", database.role("app", rights));
            database.sql(planted);

            Finding finding = found(severity, area, what);
            database.sql(statement(finding));

            assertWell();
            database.sql("REASSIGN OWNED BY app TO postgres; DROP OWNED BY app");
        }
    }

    @Test
    void doctor_roleThatMayNotRead_isMendedByTheGrant() {
        try (OwnersDatabase database = OwnersDatabase.create(servers, "", OwnersDatabase.TABLE)) {
            environment.put("DATABASE_URL", database.role("app", ""));
            environment.put("CHANGE_FEED", "off");

            Finding finding = found(Severity.FAIL, "postgresql", "may not read the table public.users");
            database.sql(statement(finding));

            assertWell();
            database.sql("DROP OWNED BY app");
        }
    }

    @Test
    void doctor_tableInAnotherSchema_isMendedByTheSearchPath() {
        try (OwnersDatabase database = OwnersDatabase.create(
                servers,
                "",
                "CREATE SCHEMA tenant",
                OwnersDatabase.TABLE.replace("TABLE users", "TABLE tenant.users"))) {
            environment.put("DATABASE_URL", database.role("app", ""));
            environment.put("CHANGE_FEED", "off");

            Finding finding = found(Severity.FAIL, "postgresql", "there is tenant.users");
            database.sql(statement(finding));

            assertWell();
            database.sql("DROP OWNED BY app");
        }
    }

    @Test
    void doctor_noTable_isMendedByMigrate() {
        try (OwnersDatabase database = OwnersDatabase.create(servers, "")) {
            environment.put("DATABASE_URL", database.url("postgres"));

            assertThat(bad(doctor())).allSatisfy(finding -> {
                assertThat(finding.what()).contains("the table \"users\" is missing");
                assertThat(finding.fix()).isEqualTo("create it with `hotcold migrate`");
            });
            assertThat(Program.run(environment, "migrate").exitCode()).isZero();

            assertWell();
        }
    }

    @Test
    void doctor_noUniqueIndex_isMendedByOne() {
        try (OwnersDatabase database = OwnersDatabase.create(
                servers,
                "",
                "CREATE TABLE users (user_id text, deeplink text, promo_message text); CREATE INDEX ON users (user_id);"
                        + "ALTER TABLE users REPLICA IDENTITY FULL")) {
            environment.put("DATABASE_URL", database.url("postgres"));

            Finding finding = found(Severity.WARN, "postgresql", "no unique index makes user_id unique");
            database.sql(statement(finding));

            assertWell();
        }
    }

    @Test
    void doctor_noSuchDatabase_isMendedByMakingIt() {
        environment.put("DATABASE_URL", servers.postgres().databaseUrl().replace("/postgres?", "/none?"));
        environment.put("CHANGE_FEED", "off");

        Finding finding = found(Severity.FAIL, "postgresql", "database \"none\" does not exist");
        servers.sql(statement(finding));

        assertThat(bad(doctor()))
                .singleElement()
                .satisfies(next -> assertThat(next.what()).contains("the table \"users\" is missing"));
        servers.sql("DROP DATABASE none");
    }

    @Test
    void doctor_moreLogThanPostgresKeeps_isMendedByTheSetting() {
        environment.put("CHANGE_FEED_MAX_LAG_MB", "4096");

        set(found(Severity.WARN, "change feed", "less than CHANGE_FEED_MAX_LAG_MB"));

        assertWell();
    }

    @Test
    void doctor_serverThatAllowsNoSlot_saysWhichSetting() {
        try (Servers replica = Servers.start("wal_level=replica")) {
            environment.put("DATABASE_URL", replica.postgres().databaseUrl());

            Finding finding = found(Severity.WARN, "change feed", "wal_level is replica");

            assertThat(finding.fix()).startsWith("ALTER SYSTEM SET wal_level = logical");
        }
    }

    @Test
    void doctor_slotsThatAreTakenOrKeptWithoutABound_areMended() {
        try (Servers small = Servers.start("max_replication_slots=1", "max_slot_wal_keep_size=-1")) {
            environment.put("DATABASE_URL", small.postgres().databaseUrl());
            small.sql("SELECT pg_create_physical_replication_slot('former')");

            List<Finding> bad = bad(doctor());
            assertThat(bad).extracting(Finding::what).hasSize(2).satisfies(what -> {
                assertThat(what.get(0)).contains("all 1 replication slots are taken");
                assertThat(what.get(1)).contains("keeps its log without a bound");
            });
            small.sql(statement(bad.get(0)));

            Finding unbounded = found(Severity.WARN, "change feed", "keeps its log without a bound");
            assertThat(statement(unbounded))
                    .matches("ALTER SYSTEM SET max_slot_wal_keep_size = '[0-9]+MB'; SELECT pg_reload_conf\\(\\);");
        }
    }

    @Test
    void doctor_poolerForTheChangeFeed_isMendedByASettingOfItsOwn() {
        String direct = servers.postgres().databaseUrl();
        try (PostgresPooler pooler =
                PostgresPooler.start(servers.postgres().port(), PostgresPooler.Mode.TRANSACTION, 4)) {
            environment.put(
                    "DATABASE_URL", "postgres://postgres@127.0.0.1:" + pooler.port() + "/postgres?sslmode=disable");
            environment.put("PG_POOLER", "none");

            List<Finding> bad = bad(doctor());
            assertThat(bad).hasSize(2);
            assertThat(bad.get(0).what()).contains("a pooler stands in between, and PG_POOLER says");
            set(bad.get(0));

            Finding finding = found(Severity.WARN, "change feed", "no replication connection to ");
            assertThat(finding.fix()).startsWith("set CHANGE_FEED_DATABASE_URL to PostgreSQL itself");
            environment.put("CHANGE_FEED_DATABASE_URL", direct);

            assertWell();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "~user:* ~lease:* ~absent:* ~changefeed:* +@all -evalsha | lacks +evalsha",
                "~user:* ~lease:* ~absent:* ~changefeed:* +@all -hmget -mget -role | lacks +mget +hmget +role",
                "~user:* ~changefeed:* +@all | lacks ~lease:* ~absent:*",
                "~user:* ~lease:* ~absent:* +@all -scan | lacks ~changefeed:* +scan"
            })
    void doctor_redisUserWithoutARight_isMendedByAcl(String rights, String what) {
        redis("ACL SETUSER app reset on >secret " + rights);
        try {
            environment.put("REDIS_USERNAME", "app");
            environment.put("REDIS_PASSWORD", "secret");

            Finding finding = found(Severity.FAIL, "redis", what);
            redis(statement(finding));

            assertWell();
        } finally {
            redis("ACL DELUSER app");
        }
    }

    @Test
    void doctor_redisUserOfTheDocs_lacksNothing() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("docs/operate/stores.md")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("ACL SETUSER hotcold "))
                .toList();
        assertThat(lines).isNotEmpty();
        lines.forEach(DoctorIT::redis);
        try {
            environment.put("REDIS_USERNAME", "hotcold");
            environment.put("REDIS_PASSWORD", "PASSWORD");

            assertThat(doctor())
                    .noneMatch(finding -> finding.area().equals("redis") && finding.severity() == Severity.FAIL);
        } finally {
            redis("ACL DELUSER hotcold");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "maxmemory 0, may take all memory of its host",
        "maxmemory-policy noeviction, caches nothing more once it is full",
        "maxmemory-policy volatile-ttl, evicts what forbids fills"
    })
    void doctor_memoryOfRedis_isMendedByConfig(String planted, String what) {
        redis("CONFIG SET " + planted);

        redis(statement(found(Severity.WARN, "redis", what)));

        assertWell();
    }

    @Test
    void doctor_cacheOfAnotherDeployment_isMendedByAPrefix() {
        servers.redisCommands()
                .set(
                        "user:#deployment",
                        "{\"system\":\"1\",\"database\":\"other\",\"table\":\"public.users\",\"layout\":1}"
                                .getBytes(StandardCharsets.UTF_8));

        Finding finding = found(Severity.FAIL, "redis", "has the cache of public.users in database other");
        assertThat(finding.fix()).startsWith("give each a REDIS_KEY_PREFIX of its own");
        environment.put("REDIS_KEY_PREFIX", "a:");

        assertWell();
    }

    @Test
    void doctor_redisThatIsFarAway_isMendedByTheBudget() {
        try (FaultProxy proxy = FaultProxy.to(servers.redis().port())) {
            environment.put("REDIS_ADDR", proxy.address());
            environment.put("REQUEST_TIMEOUT_MS", "300");
            proxy.delay(Duration.ofMillis(60), Duration.ofMillis(20));

            set(found(Severity.WARN, "redis", "a round trip takes "));

            assertWell();
        }
    }

    @Test
    void doctor_storesThatAreDown_areTold() {
        environment.put("DATABASE_URL", "postgres://postgres@127.0.0.1:1/postgres");
        environment.put("REDIS_ADDR", "127.0.0.1:1");

        assertThat(bad(doctor()))
                .extracting(Finding::severity, Finding::area)
                .containsExactly(
                        tuple(Severity.FAIL, "postgresql"),
                        tuple(Severity.FAIL, "change feed"),
                        tuple(Severity.FAIL, "redis"));
    }

    @Test
    void doctor_variableThatNobodyKnows_isMendedByUnsettingIt() {
        environment.put("REDIS_POOL_SIZ", "4");

        Finding finding = found(Severity.WARN, "settings", "unknown variable REDIS_POOL_SIZ");
        assertThat(finding.fix()).startsWith("unset it");
        environment.remove("REDIS_POOL_SIZ");

        assertWell();
    }

    private void certify(X509Bundle bundle) throws IOException {
        environment.put(
                "TLS_CERT_FILE",
                Files.writeString(directory.resolve("tls.crt"), bundle.getCertificatePathPEM())
                        .toString());
        environment.put(
                "TLS_KEY_FILE",
                Files.writeString(directory.resolve("tls.key"), bundle.getPrivateKeyPEM())
                        .toString());
    }

    @Test
    void doctor_certificate_isMendedByRenewingIt() throws IOException {
        Authority authority = Authority.named("doctor");
        certify(authority.issue("localhost", Instant.now().minusSeconds(60)));
        Finding over = found(Severity.FAIL, "access", "has expired at");
        assertThat(over.fix()).startsWith("renew TLS_CERT_FILE and TLS_KEY_FILE");

        certify(authority.issue("localhost", Instant.now().plusSeconds(86_400)));
        found(Severity.WARN, "access", "expires at");

        certify(authority.issue("localhost"));
        assertWell();

        Files.writeString(directory.resolve("tls.key"), authority.issue("other").getPrivateKeyPEM());
        found(Severity.FAIL, "access", "is not the key of the first certificate");
    }

    @Test
    void command_text_namesFixesAndItsExitCodeSaysWhetherAnythingFailed() {
        redis("CONFIG SET maxmemory-policy noeviction");

        Program.Ended warned = Program.run(environment, "doctor");
        Program.Ended strict = Program.run(environment, "doctor", "--strict");
        environment.put("REDIS_ADDR", "127.0.0.1:1");
        Program.Ended failed = Program.run(environment, "doctor", "--json");
        Program.Ended wrong = Program.run(Map.of("PORT", "eighty"), "doctor");

        assertThat(warned.out())
                .as(warned.err())
                .containsPattern(
                        "warn +redis +caches nothing more once it is full .*\\R +-> CONFIG SET maxmemory-policy")
                .containsPattern("ok +postgresql +is PostgreSQL 1[0-9]")
                .containsPattern("[0-9]+ ok, [0-9]+ warnings, 0 failed\\R$");
        assertThat(warned.exitCode()).isZero();
        assertThat(strict.exitCode()).isEqualTo(1);
        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(new JsonObject(failed.out()).getInteger("fail")).isEqualTo(1);
        assertThat(wrong.exitCode()).isEqualTo(2);
    }

    @Test
    void command_fewFilesAndALargeHeap_areMended() {
        environment.put("HTTP_MAX_CONNECTIONS", "2000");
        Program.Ended files = Program.runAfter("ulimit -n 500", List.of(), environment, "doctor");
        Program.Ended heap = Program.run(List.of("-Xmx512g"), environment, "doctor");

        Matcher ulimit = Pattern.compile("-> (ulimit -n [0-9]+)").matcher(files.out());
        assertThat(ulimit.find()).as(files.out() + files.err()).isTrue();
        Matcher xmx = Pattern.compile("-> JAVA_OPTS=(-Xmx[0-9]+m)").matcher(heap.out());
        assertThat(xmx.find()).as(heap.out() + heap.err()).isTrue();

        Program.Ended mended = Program.runAfter(ulimit.group(1), List.of(xmx.group(1)), environment, "doctor");
        assertThat(mended.out())
                .as(mended.err())
                .doesNotContain("-> ulimit", "-> JAVA_OPTS")
                .contains("ok    host");
    }
}
