package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.cold.pooler.Pooler;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.PostgresTrust.SslMode;
import dev.hotcold.config.Effective.Origin;
import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.batch.ReadLimits;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.hot.layout.CacheSettings;
import dev.hotcold.hot.layout.CacheSettings.NegativeEntries;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.LinkSettings;
import dev.hotcold.http.HttpLimits;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.http.HttpTimeouts;
import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.AllowedOrigins;
import dev.hotcold.http.access.TlsSettings;
import dev.hotcold.http.response.ResponseStyle;
import dev.hotcold.local.LocalSettings;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.ops.ManagementSettings;
import dev.hotcold.verify.VerifySettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigLoaderTest {

    @Test
    void load_emptyEnvironment_givesDefaultsAndEmbeddedServers() {
        PostgresSettings embedded = new PostgresSettings(
                new PostgresEndpoint("127.0.0.1", 0, "postgres", "postgres", Optional.empty()),
                new PostgresTrust("DATABASE_URL", SslMode.DISABLE, Optional.empty()),
                new PoolSettings(24, seconds(30), seconds(300), seconds(3600), seconds(360)),
                Pooler.AUTO);
        Loaded.Valid loaded = Loading.valid();

        assertThat(loaded.warnings()).isEmpty();
        assertThat(loaded.config())
                .isEqualTo(new Config(
                        new Config.Serving(
                                new HttpSettings(
                                        8080,
                                        new HttpTimeouts(seconds(5), seconds(5), seconds(30)),
                                        new HttpLimits(8192, 4096, 20_000, 256),
                                        ResponseStyle.STATUS,
                                        false,
                                        new AccessSettings(Optional.empty(), Optional.empty(), AllowedOrigins.NONE),
                                        Duration.ZERO),
                                new ManagementSettings("127.0.0.1", 9090),
                                new RequestBudget(millis(300)),
                                Optional.empty(),
                                true),
                        new Config.Stores(
                                embedded,
                                new RedisSettings(
                                        new RedisEndpoint(
                                                new RedisLocation.Server("127.0.0.1", 0),
                                                false,
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.empty(),
                                                0),
                                        millis(100),
                                        8,
                                        new LinkSettings(millis(100), millis(100), 1, seconds(300)),
                                        new ReadLimits(48, millis(200)),
                                        new CacheSettings(
                                                seconds(3600),
                                                seconds(3600),
                                                NegativeEntries.AUTO,
                                                seconds(30),
                                                millis(5000),
                                                "hotcold_user_api",
                                                new UserKeys("")),
                                        0)),
                        new Config.Freshness(
                                new ChangeFeedSettings(ChangeFeedSettings.Mode.AUTO, "hotcold_user_api", 1_024_000_000),
                                embedded,
                                new VerifySettings(10)),
                        new LocalSettings(Path.of(".local"))));
    }

    @Test
    void load_everySettingChanged_reachesItsField() {
        Loaded.Valid loaded = Loading.valid(
                "PORT",
                "1",
                "HTTP_READ_TIMEOUT_SEC",
                "2",
                "HTTP_WRITE_TIMEOUT_SEC",
                "3",
                "HTTP_IDLE_TIMEOUT_SEC",
                "4",
                "HTTP_MAX_HEADER_BYTES",
                "600",
                "HTTP_MAX_CONNECTIONS",
                "800",
                "HTTP2_MAX_STREAMS",
                "900",
                "REQUEST_TIMEOUT_MS",
                "50",
                "RESPONSE_STYLE",
                "Compact",
                "HTTP_CACHE_SECONDS",
                "24",
                "CORS_ALLOWED_ORIGINS",
                "https://a.example,http://b:81",
                "TLS_CERT_FILE",
                "pom.xml",
                "TLS_KEY_FILE",
                "Makefile",
                "TLS_CLIENT_CA_FILE",
                "LICENSE",
                "API_KEYS_FILE",
                "README.md",
                "DATABASE_URL",
                "postgres://app:pw@db:6/users?sslmode=require",
                "PG_MAX_CONNS",
                "7",
                "PG_HEALTHCHECK_PERIOD_SEC",
                "8",
                "PG_MAX_CONN_IDLE_TIME_SEC",
                "9",
                "PG_MAX_CONN_LIFETIME_SEC",
                "10",
                "PG_POOLER",
                "session",
                "REDIS_ADDR",
                "redis-sentinel://cache:11?master=main",
                "REDIS_SENTINEL_USERNAME",
                "watcher",
                "REDIS_SENTINEL_PASSWORD",
                "other",
                "REDIS_TLS_CA_FILE",
                "pom.xml",
                "REDIS_USERNAME",
                "reader",
                "REDIS_PASSWORD",
                "pw",
                "REDIS_DB",
                "12",
                "REDIS_DIAL_TIMEOUT_MS",
                "13",
                "REDIS_READ_TIMEOUT_MS",
                "14",
                "REDIS_WRITE_TIMEOUT_MS",
                "15",
                "REDIS_POOL_SIZE",
                "16",
                "REDIS_MIN_IDLE_CONNS",
                "17",
                "REDIS_POOL_TIMEOUT_MS",
                "18",
                "REDIS_MAX_RETRIES",
                "9",
                "REDIS_CONN_MAX_IDLE_SEC",
                "20",
                "CACHE_TTL_SECONDS",
                "21",
                "CACHE_STALE_SECONDS",
                "19",
                "CACHE_BYPASS",
                "on",
                "NEGATIVE_CACHE",
                "on",
                "NEGATIVE_TTL_SECONDS",
                "5",
                "MAX_STALENESS_MS",
                "25",
                "NEAR_CACHE_ENTRIES",
                "23",
                "CHANGE_FEED",
                "ON",
                "CHANGE_FEED_DATABASE_URL",
                "postgres://feeder@direct/feed",
                "CHANGE_FEED_SLOT",
                "the_slot",
                "REDIS_KEY_PREFIX",
                "a:",
                "CHANGE_FEED_MAX_LAG_MB",
                "16",
                "VERIFY_USERS_PER_SECOND",
                "0",
                "MANAGEMENT_HOST",
                "::",
                "MANAGEMENT_PORT",
                "22",
                "SHUTDOWN_DELAY_SEC",
                "25",
                "IO_URING",
                "off",
                "LOCAL_DATA_DIR",
                "elsewhere");

        assertThat(loaded.config())
                .isEqualTo(new Config(
                        new Config.Serving(
                                new HttpSettings(
                                        1,
                                        new HttpTimeouts(seconds(2), seconds(3), seconds(4)),
                                        new HttpLimits(600, 300, 800, 900),
                                        ResponseStyle.COMPACT,
                                        true,
                                        new AccessSettings(
                                                Optional.of(new TlsSettings(
                                                        Path.of("pom.xml"),
                                                        Path.of("Makefile"),
                                                        Optional.of(Path.of("LICENSE")))),
                                                Optional.of(Path.of("README.md")),
                                                AllowedOrigins.of(Set.of("https://a.example", "http://b:81"))),
                                        seconds(24)),
                                new ManagementSettings("::", 22),
                                new RequestBudget(millis(50)),
                                Optional.of(seconds(25)),
                                false),
                        new Config.Stores(
                                new PostgresSettings(
                                        new PostgresEndpoint("db", 6, "users", "app", Optional.of("pw")),
                                        new PostgresTrust("DATABASE_URL", SslMode.REQUIRE, Optional.empty()),
                                        new PoolSettings(7, seconds(8), seconds(9), seconds(10), seconds(1)),
                                        Pooler.SESSION),
                                new RedisSettings(
                                        new RedisEndpoint(
                                                new RedisLocation.Sentinels(
                                                        List.of(new RedisLocation.Server("cache", 11)),
                                                        "main",
                                                        Optional.of("watcher"),
                                                        Optional.of("other")),
                                                false,
                                                Optional.of(Path.of("pom.xml")),
                                                Optional.of("reader"),
                                                Optional.of("pw"),
                                                12),
                                        millis(13),
                                        17,
                                        new LinkSettings(millis(14), millis(15), 9, seconds(20)),
                                        new ReadLimits(16, millis(18)),
                                        new CacheSettings(
                                                seconds(21),
                                                seconds(19),
                                                NegativeEntries.ON,
                                                seconds(5),
                                                millis(25),
                                                "the_slot",
                                                new UserKeys("a:")),
                                        23)),
                        new Config.Freshness(
                                new ChangeFeedSettings(ChangeFeedSettings.Mode.ON, "the_slot", 16_000_000),
                                new PostgresSettings(
                                        new PostgresEndpoint("direct", 5432, "feed", "feeder", Optional.empty()),
                                        new PostgresTrust("CHANGE_FEED_DATABASE_URL", SslMode.PREFER, Optional.empty()),
                                        new PoolSettings(7, seconds(8), seconds(9), seconds(10), seconds(1)),
                                        Pooler.SESSION),
                                new VerifySettings(0)),
                        new LocalSettings(Path.of("elsewhere"))));
        assertThat(loaded.effective()).extracting(Effective::origin).containsOnly(Origin.ENVIRONMENT);
    }

    @Test
    void load_blankValues_countAsUnset() {
        Loaded loaded = ConfigLoader.load(Map.of("PORT", "", "REDIS_ADDR", " ", "DATABASE_URL", "\t"));

        assertThat(loaded).isEqualTo(Loading.valid());
    }

    @Test
    void load_spaceAroundValues_isDropped() {
        Loaded.Valid loaded = Loading.valid("PORT", " 81\n", "REDIS_ADDR", " cache ", "REDIS_PASSWORD", "pw\n");

        assertThat(loaded.config().serving().http().port()).isEqualTo(81);
        assertThat(loaded.config().stores().redis().endpoint().location())
                .isEqualTo(new RedisLocation.Server("cache", 6379));
        assertThat(loaded.config().stores().redis().endpoint().password()).contains("pw");
    }

    @Test
    void load_manyProblems_reportsAllAtOnceInDocumentedOrder() {
        Loading loading = Loading.load(
                "MANAGEMENT_HOST",
                "a b",
                "REDIS_ADDR",
                "redis://h:0/x",
                "DATABASE_URL",
                "postgres://db:0/?sslmode=no",
                "PORT",
                "-1",
                "REDIS_PORTS",
                "1");

        assertThat(loading.problems())
                .extracting(Problem::name)
                .containsExactly(
                        "PORT",
                        "DATABASE_URL",
                        "DATABASE_URL",
                        "DATABASE_URL",
                        "REDIS_ADDR",
                        "REDIS_ADDR",
                        "MANAGEMENT_HOST");
        assertThat(loading.warnings()).hasSize(1);
    }

    @Test
    void text_problem_namesVariableValueRangeAndFix() {
        assertThat(Loading.load("REQUEST_TIMEOUT_MS", "1s500", "HTTP_IDLE_TIMEOUT_SEC", "1m")
                        .problems())
                .extracting(Problem::text)
                .containsExactly(
                        "HTTP_IDLE_TIMEOUT_SEC=\"1m\" is not valid. Allowed: whole seconds, 0 to 3600; 0 = no limit."
                                + " Fix: write 60.",
                        "REQUEST_TIMEOUT_MS=\"1s500\" is not valid. Allowed: whole milliseconds, 10 to 60000.");
    }

    @ParameterizedTest
    @CsvSource({"9090,,1", "9091,9091,1", "0,0,0", "9090,0,0", "9090,x,1", "8080,9090,0"})
    void load_bothPorts_mustDifferUnlessZero(String port, String managementPort, int problems) {
        Loading loading = Loading.load("PORT", port, "MANAGEMENT_PORT", managementPort == null ? "" : managementPort);

        assertThat(loading.problems())
                .hasSize(problems)
                .allSatisfy(problem -> assertThat(problem.name()).isEqualTo("MANAGEMENT_PORT"));
    }

    @ParameterizedTest
    @CsvSource({
        "TLS_CERT_FILE, , TLS_CERT_FILE, TLS_KEY_FILE",
        "TLS_KEY_FILE, , TLS_KEY_FILE, TLS_CERT_FILE",
        "TLS_CLIENT_CA_FILE, , TLS_CLIENT_CA_FILE, TLS_CERT_FILE",
        "TLS_CLIENT_CA_FILE, TLS_KEY_FILE, TLS_KEY_FILE, TLS_CERT_FILE",
        "TLS_CLIENT_CA_FILE, TLS_CERT_FILE, TLS_CERT_FILE, TLS_KEY_FILE",
    })
    void load_partOfTls_isAProblemThatNamesTheOtherSetting(String set, String too, String name, String missing) {
        assertThat(Loading.load(set, "pom.xml", too == null ? set : too, "pom.xml")
                        .problems())
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.name()).isEqualTo(name);
                    assertThat(problem.text()).contains(missing);
                });
    }

    @Test
    void load_redisUrlAlone_saysEverything() {
        Loaded.Valid loaded = Loading.valid("REDIS_ADDR", "rediss://reader:pw@cache/3");

        assertThat(loaded.config().stores().redis().endpoint())
                .extracting(
                        RedisEndpoint::tls, RedisEndpoint::username, RedisEndpoint::password, RedisEndpoint::database)
                .containsExactly(true, Optional.of("reader"), Optional.of("pw"), 3);
        assertThat(loaded.effective())
                .contains(
                        new Effective("REDIS_ADDR", "rediss://reader:****@cache:6379/3", Origin.ENVIRONMENT),
                        new Effective("REDIS_USERNAME", "reader", Origin.ENVIRONMENT),
                        new Effective("REDIS_PASSWORD", "****", Origin.ENVIRONMENT),
                        new Effective("REDIS_DB", "3", Origin.ENVIRONMENT));
    }

    @Test
    void load_redisUrlAndVariables_variablesWin() {
        Loaded.Valid loaded = Loading.valid(
                "REDIS_ADDR",
                "redis://reader:pw@cache/3",
                "REDIS_USERNAME",
                "other",
                "REDIS_PASSWORD",
                "secret",
                "REDIS_DB",
                "0");

        assertThat(loaded.config().stores().redis().endpoint())
                .extracting(RedisEndpoint::username, RedisEndpoint::password, RedisEndpoint::database)
                .containsExactly(Optional.of("other"), Optional.of("secret"), 0);
        assertThat(loaded.warnings()).isEmpty();
    }

    @Test
    void load_loginForEmbeddedRedis_isDroppedWithAWarning() {
        Loaded.Valid loaded = Loading.valid("REDIS_USERNAME", "reader", "REDIS_PASSWORD", "pw");

        assertThat(loaded.config().stores().redis().endpoint().username()).isEmpty();
        assertThat(loaded.config().stores().redis().endpoint().password()).isEmpty();
        assertThat(loaded.warnings()).hasSize(2);
    }

    @Test
    void load_authorityOfRedisWithoutTls_isWarnedAbout() {
        assertThat(Loading.valid("REDIS_ADDR", "redis://cache", "REDIS_TLS_CA_FILE", "pom.xml")
                        .warnings())
                .containsExactly(
                        "REDIS_TLS_CA_FILE has no effect: REDIS_ADDR does not begin with rediss:// or rediss-sentinel://");
    }

    @Test
    void load_redisUserWithoutPassword_isWarnedAbout() {
        assertThat(Loading.valid("REDIS_ADDR", "cache", "REDIS_USERNAME", "reader")
                        .warnings())
                .containsExactly("the Redis user reader has no effect without a password");
    }

    @Test
    void load_unsupportedParametersOfRedis_areWarnedAboutByName() {
        assertThat(Loading.valid("REDIS_ADDR", "redis://cache?timeout=1s").warnings())
                .containsExactly("REDIS_ADDR: parameter timeout is not supported and is ignored");
    }

    @Test
    void effective_fewVariables_tellValueAndOriginOfAll() {
        Loaded.Valid loaded = Loading.valid("PORT", "81", "DATABASE_URL", "postgresql://app:pw@[::1]/?sslmode=DISABLE");

        assertThat(loaded.effective())
                .extracting(Effective::name)
                .containsExactlyElementsOf(
                        Settings.ALL.stream().map(Setting::name).toList());
        assertThat(loaded.effective())
                .contains(
                        new Effective("PORT", "81", Origin.ENVIRONMENT),
                        new Effective("MANAGEMENT_PORT", "9090", Origin.DEFAULT),
                        new Effective(
                                "DATABASE_URL",
                                "postgres://app:****@[::1]:5432/app?sslmode=disable",
                                Origin.ENVIRONMENT),
                        new Effective("REDIS_ADDR", "(embedded)", Origin.EMBEDDED),
                        new Effective("REDIS_PASSWORD", "(none)", Origin.EMBEDDED));
        assertThat(Origin.EMBEDDED.label()).isEqualTo("embedded");
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static Duration millis(int millis) {
        return Duration.ofMillis(millis);
    }
}
