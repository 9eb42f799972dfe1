package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import dev.hotcold.hot.layout.UserKeys;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, defaults and ranges are a contract, so they are written down here a second time. */
final class SettingsTest {
    private static final String DEFAULTS = """
            PORT=8080
            HTTP_READ_TIMEOUT_SEC=5
            HTTP_WRITE_TIMEOUT_SEC=5
            HTTP_IDLE_TIMEOUT_SEC=30
            HTTP_MAX_HEADER_BYTES=8192
            HTTP_MAX_CONNECTIONS=20000
            HTTP2_MAX_STREAMS=256
            REQUEST_TIMEOUT_MS=300
            RESPONSE_STYLE=status
            HTTP_CACHE_SECONDS=0
            CORS_ALLOWED_ORIGINS=
            TLS_CERT_FILE=
            TLS_KEY_FILE=
            TLS_CLIENT_CA_FILE=
            API_KEYS_FILE=
            DATABASE_URL=
            PG_MAX_CONNS=24
            PG_HEALTHCHECK_PERIOD_SEC=30
            PG_MAX_CONN_IDLE_TIME_SEC=300
            PG_MAX_CONN_LIFETIME_SEC=3600
            PG_POOLER=auto
            REDIS_ADDR=
            REDIS_TLS_CA_FILE=
            REDIS_USERNAME=
            REDIS_PASSWORD=
            REDIS_SENTINEL_USERNAME=
            REDIS_SENTINEL_PASSWORD=
            REDIS_DB=0
            REDIS_KEY_PREFIX=
            REDIS_DIAL_TIMEOUT_MS=100
            REDIS_READ_TIMEOUT_MS=100
            REDIS_WRITE_TIMEOUT_MS=100
            REDIS_POOL_SIZE=48
            REDIS_MIN_IDLE_CONNS=8
            REDIS_POOL_TIMEOUT_MS=200
            REDIS_MAX_RETRIES=1
            REDIS_CONN_MAX_IDLE_SEC=300
            CACHE_TTL_SECONDS=3600
            CACHE_STALE_SECONDS=3600
            CACHE_BYPASS=off
            NEGATIVE_CACHE=auto
            NEGATIVE_TTL_SECONDS=30
            NEAR_CACHE_ENTRIES=0
            MAX_STALENESS_MS=5000
            CHANGE_FEED=auto
            CHANGE_FEED_DATABASE_URL=
            CHANGE_FEED_SLOT=hotcold_user_api
            CHANGE_FEED_MAX_LAG_MB=1024
            VERIFY_USERS_PER_SECOND=10
            MANAGEMENT_HOST=127.0.0.1
            MANAGEMENT_PORT=9090
            SHUTDOWN_DELAY_SEC=auto
            IO_URING=auto
            LOCAL_DATA_DIR=.local
            """;

    /** Least and greatest value of every numeric setting. */
    private static final Map<String, List<Integer>> RANGES = new TreeMap<>(Map.ofEntries(
            Map.entry("PORT", List.of(0, 65_535)),
            Map.entry("HTTP_READ_TIMEOUT_SEC", List.of(0, 3_600)),
            Map.entry("HTTP_WRITE_TIMEOUT_SEC", List.of(0, 3_600)),
            Map.entry("HTTP_IDLE_TIMEOUT_SEC", List.of(0, 3_600)),
            Map.entry("HTTP_MAX_HEADER_BYTES", List.of(512, 1_048_576)),
            Map.entry("HTTP_MAX_CONNECTIONS", List.of(0, 1_000_000)),
            Map.entry("HTTP2_MAX_STREAMS", List.of(1, 100_000)),
            Map.entry("REQUEST_TIMEOUT_MS", List.of(10, 60_000)),
            Map.entry("HTTP_CACHE_SECONDS", List.of(0, 86_400)),
            Map.entry("PG_MAX_CONNS", List.of(1, 10_000)),
            Map.entry("PG_HEALTHCHECK_PERIOD_SEC", List.of(1, 3_600)),
            Map.entry("PG_MAX_CONN_IDLE_TIME_SEC", List.of(0, 86_400)),
            Map.entry("PG_MAX_CONN_LIFETIME_SEC", List.of(0, 604_800)),
            Map.entry("REDIS_DB", List.of(0, 10_000)),
            Map.entry("REDIS_DIAL_TIMEOUT_MS", List.of(1, 60_000)),
            Map.entry("REDIS_READ_TIMEOUT_MS", List.of(1, 60_000)),
            Map.entry("REDIS_WRITE_TIMEOUT_MS", List.of(1, 60_000)),
            Map.entry("REDIS_POOL_SIZE", List.of(1, 10_000)),
            Map.entry("REDIS_MIN_IDLE_CONNS", List.of(0, 10_000)),
            Map.entry("REDIS_POOL_TIMEOUT_MS", List.of(0, 60_000)),
            Map.entry("REDIS_MAX_RETRIES", List.of(0, 10)),
            Map.entry("REDIS_CONN_MAX_IDLE_SEC", List.of(0, 86_400)),
            Map.entry("CACHE_TTL_SECONDS", List.of(0, 31_536_000)),
            Map.entry("CACHE_STALE_SECONDS", List.of(0, 31_536_000)),
            Map.entry("NEGATIVE_TTL_SECONDS", List.of(1, 86_400)),
            Map.entry("NEAR_CACHE_ENTRIES", List.of(0, 1_000_000)),
            Map.entry("MAX_STALENESS_MS", List.of(0, 3_600_000)),
            Map.entry("CHANGE_FEED_MAX_LAG_MB", List.of(16, 1_000_000)),
            Map.entry("VERIFY_USERS_PER_SECOND", List.of(0, 10_000)),
            Map.entry("MANAGEMENT_PORT", List.of(0, 65_535)),
            Map.entry("SHUTDOWN_DELAY_SEC", List.of(0, 300))));

    @Test
    void all_namesAndDefaults_areTheContract() {
        String actual = Settings.ALL.stream()
                .map(setting -> setting.name() + "=" + setting.defaultText() + "\n")
                .collect(Collectors.joining());

        assertThat(actual).isEqualTo(DEFAULTS);
    }

    @Test
    void groups_constantsOfEachFile_areOneGroup() throws Exception {
        List<Set<Object>> files = new ArrayList<>();
        Path directory =
                Path.of(Objects.requireNonNull(Settings.class.getResource(".")).toURI());
        try (DirectoryStream<Path> classes = Files.newDirectoryStream(directory, "*.class")) {
            for (Path file : classes) {
                String name = file.getFileName().toString().replace(".class", "");
                files.add(constants(Class.forName(Settings.class.getPackageName() + "." + name)));
            }
        }
        files.removeIf(Set::isEmpty);

        assertThat(Settings.GROUPS)
                .extracting(group -> Set.<Object>copyOf(group.settings()))
                .containsExactlyInAnyOrderElementsOf(files);
        assertThat(Settings.ALL).doesNotHaveDuplicates();
    }

    private static Set<Object> constants(Class<?> file) {
        return Arrays.stream(file.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()) && field.getType() == Setting.class)
                .map(SettingsTest::valueOf)
                .collect(Collectors.toSet());
    }

    private static Object valueOf(Field constant) {
        try {
            return constant.get(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void ranges_everyNumericSetting_isListed() {
        List<String> numeric = Settings.ALL.stream()
                .map(Setting::name)
                .filter(name -> Loading.load(name, "x").problems().stream()
                        .anyMatch(problem -> problem.allowed().matches("(whole|port).*")))
                .toList();

        assertThat(RANGES).containsOnlyKeys(numeric);
    }

    static Stream<String> numericNames() {
        return RANGES.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("numericNames")
    void load_numberAtBound_isAccepted(String name) {
        for (int bound : bounds(name)) {
            assertThat(Loading.load(name, Integer.toString(bound)).problems()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("numericNames")
    void load_numberBeyondBound_isRejectedWithTheBounds(String name) {
        int min = bounds(name).getFirst();
        int max = bounds(name).getLast();
        for (String text :
                List.of(Integer.toString(min - 1), Integer.toString(max + 1), "4294967297", "1.5", "x", "٣")) {
            List<Problem> problems = Loading.load(name, text).problems();

            assertThat(problems).singleElement().satisfies(problem -> {
                assertThat(problem.name()).isEqualTo(name);
                assertThat(problem.shownValue()).isEqualTo(text);
                assertThat(problem.allowed()).contains(min + " to " + max);
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "REQUEST_TIMEOUT_MS, 300ms, write 300",
        "REQUEST_TIMEOUT_MS, 2s, write 2000",
        "HTTP_READ_TIMEOUT_SEC, 5s, write 5",
        "HTTP_READ_TIMEOUT_SEC, 2 m, write 120",
        "HTTP_READ_TIMEOUT_SEC, 1500ms, ''",
        "HTTP_READ_TIMEOUT_SEC, 2h, ''",
        "PG_MAX_CONNS, 5s, ''",
        "PORT, :8081, write 8081",
        "PORT, :80810, ''",
        "MANAGEMENT_PORT, tcp://10.0.0.1:9090, "
                + "Kubernetes sets this variable for a service of that name; set enableServiceLinks: false in the pod"
    })
    void load_usualMistake_tellsTheFix(String name, String text, String fix) {
        assertThat(Loading.load(name, text).problems())
                .singleElement()
                .extracting(Problem::fix)
                .isEqualTo(fix);
    }

    @ParameterizedTest
    @CsvSource({
        "RESPONSE_STYLE, loud",
        "CORS_ALLOWED_ORIGINS, app.example.com",
        "MANAGEMENT_HOST, a b",
        "MANAGEMENT_HOST, host:80",
        "LOCAL_DATA_DIR, pom.xml",
        "TLS_CERT_FILE, nowhere.pem",
        "TLS_KEY_FILE, src",
        "TLS_CLIENT_CA_FILE, nowhere.pem",
        "API_KEYS_FILE, nowhere",
        "REDIS_TLS_CA_FILE, nowhere.pem",
        "CACHE_BYPASS, yes",
        "NEGATIVE_CACHE, never",
        "CHANGE_FEED, maybe",
        "CHANGE_FEED_DATABASE_URL, mysql://a@b/c",
        "CHANGE_FEED_SLOT, My-Slot",
        "CHANGE_FEED_SLOT, 1st",
        "REDIS_KEY_PREFIX, a b",
        "REDIS_KEY_PREFIX, {a}",
        "REDIS_KEY_PREFIX, a}",
        "REDIS_KEY_PREFIX, a*",
        "REDIS_KEY_PREFIX, a?",
        "REDIS_KEY_PREFIX, [a",
        "REDIS_KEY_PREFIX, a]",
        "REDIS_KEY_PREFIX, a\\",
        "REDIS_KEY_PREFIX, é:",
        "REDIS_KEY_PREFIX, a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a"
    })
    void load_otherTextNotAllowed_isRejected(String name, String text) {
        assertThat(Loading.load(name, text).problems())
                .isNotEmpty()
                .extracting(Problem::name)
                .containsOnly(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "[::1]", "localhost", "api-1.example"})
    void load_managementHost_isAccepted(String host) {
        assertThat(Loading.valid("MANAGEMENT_HOST", host)
                        .config()
                        .serving()
                        .management()
                        .host())
                .isEqualTo(host.replaceAll("[\\[\\]]", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a:",
                "tenant-1/",
                "~!\"#$%&'()+,-./:;<=>@^_`|",
                "user:",
                "A:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:"
            })
    void load_keyPrefix_isAccepted(String prefix) {
        UserKeys keys = Loading.valid("REDIS_KEY_PREFIX", prefix)
                .config()
                .stores()
                .redis()
                .cache()
                .keys();

        assertThat(new String(keys.nobody(), StandardCharsets.US_ASCII)).isEqualTo(prefix + "user:");
    }

    private static List<Integer> bounds(String name) {
        return RANGES.getOrDefault(name, List.of());
    }
}
