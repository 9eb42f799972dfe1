package dev.hotcold.config;

import static dev.hotcold.config.WholeNumber.count;
import static dev.hotcold.config.WholeNumber.milliseconds;
import static dev.hotcold.config.WholeNumber.port;
import static dev.hotcold.config.WholeNumber.seconds;

import dev.hotcold.http.ResponseStyle;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** All settings: the one place that says their names, defaults, ranges and meanings. */
final class Settings {
    static final Setting<Integer> PORT = number("PORT", "8080", port(), "port of the service, on all interfaces");
    static final Setting<Duration> HTTP_READ_TIMEOUT = duration(
            "HTTP_READ_TIMEOUT_SEC",
            "5",
            seconds(0, 3_600).zeroMeans("no limit"),
            "longest from the first byte of a request to the last of its headers");
    static final Setting<Duration> HTTP_WRITE_TIMEOUT = duration(
            "HTTP_WRITE_TIMEOUT_SEC",
            "5",
            seconds(0, 3_600).zeroMeans("no limit"),
            "longest a client may leave a response unread");
    static final Setting<Duration> HTTP_IDLE_TIMEOUT = duration(
            "HTTP_IDLE_TIMEOUT_SEC",
            "30",
            seconds(0, 3_600).zeroMeans("no limit"),
            "a client's connection with no traffic for this long is closed");
    static final Setting<Duration> REQUEST_TIMEOUT =
            duration("REQUEST_TIMEOUT_MS", "300", milliseconds(10, 60_000), "longest a caller waits for an answer");
    static final Setting<ResponseStyle> RESPONSE_STYLE = new Setting<>(
            "RESPONSE_STYLE",
            "status",
            "status or compact",
            "what code and message say in a response: the HTTP status and the layer, or 0 and ok",
            Masking::plain,
            Settings::responseStyle);
    static final Setting<PostgresUrl> DATABASE_URL = new Setting<>(
            "DATABASE_URL",
            "",
            PostgresUrl.ALLOWED,
            "where PostgreSQL is; percent-encoded user and password, then sslmode (prefer) and sslrootcert",
            Masking::address,
            PostgresUrl::parse);
    static final Setting<Integer> PG_MAX_CONNS = number(
            "PG_MAX_CONNS",
            "24",
            count(1, 10_000),
            "upper bound of PostgreSQL connections of this process, shared out over the event loops; also of queries"
                    + " in flight");
    static final Setting<Duration> PG_HEALTHCHECK_PERIOD = duration(
            "PG_HEALTHCHECK_PERIOD_SEC",
            "30",
            seconds(1, 3_600),
            "how often PostgreSQL is probed and connections too old or idle are closed");
    static final Setting<Duration> PG_MAX_CONN_IDLE_TIME = duration(
            "PG_MAX_CONN_IDLE_TIME_SEC",
            "300",
            seconds(0, 86_400).zeroMeans("no limit"),
            "a PostgreSQL connection unused for this long is closed");
    static final Setting<Duration> PG_MAX_CONN_LIFETIME = duration(
            "PG_MAX_CONN_LIFETIME_SEC",
            "0",
            seconds(0, 604_800).zeroMeans("no limit"),
            "a PostgreSQL connection older than this is closed once it is idle");
    static final Setting<RedisAddress> REDIS_ADDR = new Setting<>(
            "REDIS_ADDR",
            "",
            RedisAddress.ALLOWED,
            "where Redis is; a URL may carry user:password@ and /database, rediss:// means TLS",
            Masking::address,
            RedisAddress::parse);
    static final Setting<Optional<String>> REDIS_USERNAME = new Setting<>(
            "REDIS_USERNAME",
            "",
            "any text",
            "user to log in to Redis as; wins over REDIS_ADDR",
            Masking::plain,
            Settings::text);
    static final Setting<Optional<String>> REDIS_PASSWORD = new Setting<>(
            "REDIS_PASSWORD",
            "",
            "any text",
            "password for Redis; wins over REDIS_ADDR",
            Masking::secret,
            Settings::text);
    static final Setting<Integer> REDIS_DB =
            number("REDIS_DB", "0", RedisAddress.DATABASES, "number of the Redis database; wins over REDIS_ADDR");
    static final Setting<Duration> REDIS_DIAL_TIMEOUT = duration(
            "REDIS_DIAL_TIMEOUT_MS",
            "100",
            milliseconds(1, 60_000),
            "longest for one attempt to connect to Redis, handshake included");
    static final Setting<Duration> REDIS_READ_TIMEOUT = duration(
            "REDIS_READ_TIMEOUT_MS",
            "100",
            milliseconds(1, 60_000),
            "longest a batch of reads waits for its reply once sent");
    static final Setting<Duration> REDIS_WRITE_TIMEOUT = duration(
            "REDIS_WRITE_TIMEOUT_MS", "100", milliseconds(1, 60_000), "longest a fill waits for its reply once sent");
    static final Setting<Integer> REDIS_POOL_SIZE = number(
            "REDIS_POOL_SIZE",
            "48",
            count(1, 10_000),
            "upper bound, over all event loops, of read batches waiting for a reply");
    static final Setting<Integer> REDIS_MIN_IDLE_CONNS = number(
            "REDIS_MIN_IDLE_CONNS",
            "8",
            count(0, 10_000).zeroMeans("with the first lookup"),
            "connections opened before the service is ready, at most one per event loop");
    static final Setting<Duration> REDIS_POOL_TIMEOUT = duration(
            "REDIS_POOL_TIMEOUT_MS",
            "200",
            milliseconds(0, 60_000).zeroMeans("it does not wait"),
            "longest a read waits to be sent while REDIS_POOL_SIZE is reached");
    static final Setting<Integer> REDIS_MAX_RETRIES = number(
            "REDIS_MAX_RETRIES",
            "1",
            count(0, 10).zeroMeans("never"),
            "how often a batch is sent again when its connection broke before the reply");
    static final Setting<Duration> REDIS_CONN_MAX_IDLE = duration(
            "REDIS_CONN_MAX_IDLE_SEC",
            "300",
            seconds(0, 86_400).zeroMeans("never"),
            "a Redis connection unused for this long is replaced");
    static final Setting<Duration> CACHE_TTL = duration(
            "CACHE_TTL_SECONDS",
            "3600",
            seconds(0, 31_536_000).zeroMeans("no expiry"),
            "how long a user stays in Redis");
    static final Setting<String> MANAGEMENT_HOST = new Setting<>(
            "MANAGEMENT_HOST",
            "127.0.0.1",
            "host name or address",
            "address that metrics and health are served on",
            Masking::plain,
            HostPort::parseHost);
    static final Setting<Integer> MANAGEMENT_PORT =
            number("MANAGEMENT_PORT", "9090", port(), "port that metrics and health are served on; not PORT's");
    static final Setting<Path> LOCAL_DATA_DIR = new Setting<>(
            "LOCAL_DATA_DIR",
            ".local",
            "directory, made when missing",
            "where embedded servers keep their data; relative to the project",
            Masking::plain,
            Settings::directory);

    /** Every setting, in the order they are documented. */
    static final List<Setting<?>> ALL = List.of(
            PORT,
            HTTP_READ_TIMEOUT,
            HTTP_WRITE_TIMEOUT,
            HTTP_IDLE_TIMEOUT,
            REQUEST_TIMEOUT,
            RESPONSE_STYLE,
            DATABASE_URL,
            PG_MAX_CONNS,
            PG_HEALTHCHECK_PERIOD,
            PG_MAX_CONN_IDLE_TIME,
            PG_MAX_CONN_LIFETIME,
            REDIS_ADDR,
            REDIS_USERNAME,
            REDIS_PASSWORD,
            REDIS_DB,
            REDIS_DIAL_TIMEOUT,
            REDIS_READ_TIMEOUT,
            REDIS_WRITE_TIMEOUT,
            REDIS_POOL_SIZE,
            REDIS_MIN_IDLE_CONNS,
            REDIS_POOL_TIMEOUT,
            REDIS_MAX_RETRIES,
            REDIS_CONN_MAX_IDLE,
            CACHE_TTL,
            MANAGEMENT_HOST,
            MANAGEMENT_PORT,
            LOCAL_DATA_DIR);

    private Settings() {}

    private static Setting<Integer> number(String name, String defaultText, WholeNumber range, String description) {
        return new Setting<>(name, defaultText, range.allowed(), description, Masking::plain, range::parse);
    }

    private static Setting<Duration> duration(String name, String defaultText, WholeNumber range, String description) {
        return new Setting<>(name, defaultText, range.allowed(), description, Masking::plain, range::parseDuration);
    }

    private static Parsed<Optional<String>> text(String text) {
        return new Parsed.Accepted<>(Optional.of(text).filter(present -> !present.isEmpty()));
    }

    private static Parsed<ResponseStyle> responseStyle(String text) {
        Optional<Parsed<ResponseStyle>> style = Arrays.stream(ResponseStyle.values())
                .filter(candidate -> candidate.name().equalsIgnoreCase(text))
                .findFirst()
                .map(Parsed.Accepted::new);
        return style.orElseGet(() -> new Parsed.Rejected<>(List.of(Flaw.of("status or compact"))));
    }

    private static Parsed<Path> directory(String text) {
        try {
            Path path = Path.of(text);
            if (Files.isDirectory(path) || Files.notExists(path)) {
                return new Parsed.Accepted<>(path);
            }
        } catch (InvalidPathException e) {
            // Falls through: neither a directory nor a place for one.
        }
        return new Parsed.Rejected<>(List.of(Flaw.of("a directory, or a path where one can be made")));
    }

    /** One row per setting: name, default, what is allowed, what it does. */
    static String markdownTable() {
        return ALL.stream()
                .map(setting -> "| `%s` | %s | %s | %s |\n"
                        .formatted(setting.name(), markdownDefault(setting), setting.allowed(), setting.description()))
                .collect(Collectors.joining(
                        "", "| variable | default | allowed | what it does |\n|---|---|---|---|\n", ""));
    }

    /** The default as a table cell. */
    static String markdownDefault(Setting<?> setting) {
        return setting.defaultText().isEmpty() ? "unset" : "`" + setting.defaultText() + "`";
    }
}
