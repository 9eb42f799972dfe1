package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UnknownVariablesTest {

    @ParameterizedTest
    @CsvSource({
        "REDIS_ADRESS, REDIS_ADDR",
        "REDIS_URL, REDIS_ADDR",
        "REDIS_PORT, REDIS_ADDR",
        "REDIS_USER, REDIS_USERNAME",
        "REDIS_TIMEOUT, REDIS_DIAL_TIMEOUT_MS",
        "CACHE_TTL, CACHE_TTL_SECONDS",
        "TTL, CACHE_TTL_SECONDS",
        "PROT, PORT",
        "DB_URL, DATABASE_URL",
        "DATABSE_URL, DATABASE_URL",
        "DATABASEURL, DATABASE_URL",
        "POSTGRES_URL, DATABASE_URL",
        "SERVER_PORT, PORT",
        "TSL_CERT_FILE, TLS_CERT_FILE",
        "MAX_STALENESS, MAX_STALENESS_MS",
        "REDIS_HOST, REDIS_ADDR",
        "REDIS_PASSWD, REDIS_PASSWORD",
        "CACHE_TTL_SECS, CACHE_TTL_SECONDS",
        "PG_MAX_CONN, PG_MAX_CONNS",
        "DATABASE_URI, DATABASE_URL",
        "HTTP_IDLE_TIMEOUT_MS, HTTP_IDLE_TIMEOUT_SEC",
        "HTTP_PORT, PORT",
        "REQUEST_TIMEOUT, REQUEST_TIMEOUT_MS",
        "MANAGMENT_PORT, MANAGEMENT_PORT",
        "RESPONSE_STILE, RESPONSE_STYLE",
        "MANAGEMENT_ADDR, MANAGEMENT_HOST",
        "LOCAL_DATADIR, LOCAL_DATA_DIR"
    })
    void load_nameThatLooksLikeASetting_warnsWithTheOneThatIsMeant(String name, String nearest) {
        assertThat(Loading.load(name, "some value").warnings())
                .containsExactly("unknown variable " + name + " is ignored; the nearest known name is " + nearest);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP_PROXY, http://proxy:3128",
        "HTTPS_PROXY, http://proxy:3128",
        "PG_COLOR, auto",
        "REDIS_PORT, tcp://10.0.0.1:6379",
        "REDIS_PORT_6379_TCP, tcp://10.0.0.1:6379",
        "REDIS_PORT_6379_TCP_ADDR, 10.0.0.1",
        "REDIS_SERVICE_HOST, 10.0.0.1",
        "REDIS_SERVICE_PORT, 6379",
        "REDIS_SERVICE_PORT_CLIENTS, 6379",
        "REDIS_MASTER_SERVICE_HOST, 10.0.0.1",
        "REDIS_NAME, /api/redis",
        "REDIS_ENV_LANG, C",
        "PATH, /bin",
        "HOST, example.org",
        "PGPORT, 5432",
        "PORTER, 1",
        "REDISCOVER, 1"
    })
    void load_foreignName_isNotWarnedAbout(String name, String value) {
        assertThat(Loading.load(name, value).warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CACHE_EARLY_REFRESH | hot entries are always refreshed ahead, where CACHE_STALE_SECONDS is not 0
            CACHE_TTL_JITTER_PERCENT | every TTL is up to 10 percent shorter, at random
            CHANGE_FEED_PUBLICATION | the publication is named as CHANGE_FEED_SLOT
            HTTP_MAX_REQUEST_LINE_BYTES | a request line may have half of HTTP_MAX_HEADER_BYTES
            PG_MAX_WAITING | 256 misses may wait for each of PG_MAX_CONNS
            """)
    void load_retiredSetting_warnsWithWhatReplacesIt(String name, String replacement) {
        assertThat(Loading.load(name, "some value").warnings())
                .containsExactly(name + " is no longer a setting: " + replacement);
    }

    /** Also one whose prefix no setting has any more. */
    @Test
    void load_anyRetiredSetting_warnsOnce() {
        for (String name : RetiredSettings.REPLACEMENTS.keySet()) {
            assertThat(Loading.load(name, "1").warnings())
                    .singleElement()
                    .asString()
                    .startsWith(name + " is no longer a setting: ");
        }
    }

    /** Otherwise a setting would be read and reported as none. */
    @Test
    void retiredSettings_all_areNoSettings() {
        assertThat(RetiredSettings.REPLACEMENTS)
                .isNotEmpty()
                .doesNotContainKeys(Settings.ALL.stream().map(Setting::name).toArray(String[]::new));
    }

    @Test
    void load_severalUnknownNames_areSorted() {
        assertThat(Loading.load("REDIS_PORT", "6379", "CACHE_SIZE", "1").warnings())
                .satisfiesExactly(
                        first -> assertThat(first).contains("CACHE_SIZE"),
                        second -> assertThat(second).contains("REDIS_PORT"));
    }
}
