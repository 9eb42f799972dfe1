package dev.hotcold.config;

import static dev.hotcold.config.SettingKinds.autoOrOff;
import static dev.hotcold.config.SettingKinds.choice;
import static dev.hotcold.config.SettingKinds.duration;
import static dev.hotcold.config.SettingKinds.file;
import static dev.hotcold.config.SettingKinds.flag;
import static dev.hotcold.config.SettingKinds.name;
import static dev.hotcold.config.SettingKinds.number;
import static dev.hotcold.config.SettingKinds.readableFile;
import static dev.hotcold.config.WholeNumber.count;
import static dev.hotcold.config.WholeNumber.milliseconds;
import static dev.hotcold.config.WholeNumber.port;
import static dev.hotcold.config.WholeNumber.seconds;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.hot.layout.CacheSettings.NegativeEntries;
import dev.hotcold.http.response.ResponseStyle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
            "a client's connection with no traffic for this long is closed; clients should close theirs sooner");
    static final Setting<Integer> HTTP_MAX_HEADER_BYTES =
            number("HTTP_MAX_HEADER_BYTES", "8192", count(512, 1_048_576), "longest headers of a request; beyond, 431");
    static final Setting<Integer> HTTP_MAX_REQUEST_LINE_BYTES =
            number("HTTP_MAX_REQUEST_LINE_BYTES", "4096", count(128, 65_536), "longest request line; beyond, 414");
    static final Setting<Integer> HTTP_MAX_CONNECTIONS = number(
            "HTTP_MAX_CONNECTIONS",
            "20000",
            count(0, 1_000_000).zeroMeans("no limit"),
            "clients' connections open at once; further ones are closed, without TLS after a 503");
    static final Setting<Integer> HTTP2_MAX_STREAMS = number(
            "HTTP2_MAX_STREAMS", "256", count(1, 100_000), "requests under way at once on one HTTP/2 connection");
    static final Setting<Duration> REQUEST_TIMEOUT =
            duration("REQUEST_TIMEOUT_MS", "300", milliseconds(10, 60_000), "longest a caller waits for an answer");
    static final Setting<ResponseStyle> RESPONSE_STYLE = choice(
            "RESPONSE_STYLE",
            "status",
            ResponseStyle.class,
            "what code and message say in a response: the HTTP status and the layer, or 0 and ok");
    static final Setting<Optional<Path>> TLS_CERT_FILE = file(
            "TLS_CERT_FILE",
            "certificate of the service and those up to its authority, in this order: HTTPS on PORT instead of HTTP");
    static final Setting<Optional<Path>> TLS_KEY_FILE =
            file("TLS_KEY_FILE", "RSA or EC private key of the certificate, not encrypted");
    static final Setting<Optional<Path>> TLS_CLIENT_CA_FILE = file(
            "TLS_CLIENT_CA_FILE", "authorities of clients' certificates; set, a client without such a one is refused");
    static final Setting<Optional<Path>> API_KEYS_FILE = new Setting<>(
            "API_KEYS_FILE",
            "",
            "readable file of lines NAME:SHA-256",
            "keys that lookups must present, as Authorization: Bearer KEY or X-API-Key: KEY; hotcold api-key makes one",
            Masking::file,
            text -> readableFile(text, "file of lines NAME:SHA-256"));
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
    static final Setting<Optional<Path>> REDIS_TLS_CA_FILE =
            file("REDIS_TLS_CA_FILE", "authorities trusted for rediss://; unset = those of the JDK");
    static final Setting<Optional<String>> REDIS_USERNAME = new Setting<>(
            "REDIS_USERNAME",
            "",
            "any text",
            "user to log in to Redis as; wins over REDIS_ADDR",
            Masking::plain,
            SettingKinds::text);
    static final Setting<Optional<String>> REDIS_PASSWORD = new Setting<>(
            "REDIS_PASSWORD",
            "",
            "any text",
            "password for Redis; wins over REDIS_ADDR",
            Masking::secret,
            SettingKinds::text);
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
            "upper bound, over all event loops, of read batches waiting for a reply; at least one per event loop");
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
            "longest a user stays in Redis");
    static final Setting<Duration> CACHE_STALE = duration(
            "CACHE_STALE_SECONDS",
            "3600",
            seconds(0, 31_536_000).zeroMeans("not at all"),
            "how much longer it is kept, to be served should PostgreSQL fail");
    static final Setting<Boolean> CACHE_EARLY_REFRESH = flag(
            "CACHE_EARLY_REFRESH",
            "on",
            "whether a user in demand is read anew just before its time ends; needs CACHE_STALE_SECONDS");
    static final Setting<Integer> CACHE_TTL_JITTER = number(
            "CACHE_TTL_JITTER_PERCENT",
            "10",
            count(0, 90).zeroMeans("all alike"),
            "each user stays up to this much shorter, so that what was stored together does not expire together");
    static final Setting<Boolean> CACHE_BYPASS = flag(
            "CACHE_BYPASS",
            "off",
            "whether a request with Cache-Control: no-cache is answered by PostgreSQL, and Redis refreshed");
    static final Setting<NegativeEntries> NEGATIVE_CACHE = choice(
            "NEGATIVE_CACHE",
            "auto",
            NegativeEntries.class,
            "whether Redis notes that a user does not exist; auto: while the change feed runs");
    static final Setting<Duration> NEGATIVE_TTL =
            duration("NEGATIVE_TTL_SECONDS", "30", seconds(1, 86_400), "how long such a note stays in Redis");
    static final Setting<Integer> NEAR_CACHE_ENTRIES = number(
            "NEAR_CACHE_ENTRIES",
            "0",
            count(0, 1_000_000).zeroMeans("none"),
            "users in demand that each event loop keeps in its own memory, 4 KiB each at most; Redis tells of changes");
    static final Setting<ChangeFeedSettings.Mode> CHANGE_FEED = choice(
            "CHANGE_FEED",
            "auto",
            ChangeFeedSettings.Mode.class,
            "whether changes in PostgreSQL are followed; auto: if PostgreSQL allows it; on: if not, do not start");
    static final Setting<PostgresUrl> CHANGE_FEED_DATABASE_URL = new Setting<>(
            "CHANGE_FEED_DATABASE_URL",
            "",
            "postgres:// or postgresql:// URL; unset = that of DATABASE_URL",
            "PostgreSQL itself for the change feed, where DATABASE_URL names a pooler or another role",
            Masking::address,
            PostgresUrl::parse);
    static final Setting<String> CHANGE_FEED_SLOT =
            name("CHANGE_FEED_SLOT", "replication slot and publication; the same for all instances that share a Redis");
    static final Setting<Integer> CHANGE_FEED_MAX_LAG = number(
            "CHANGE_FEED_MAX_LAG_MB",
            "1024",
            count(16, 1_000_000),
            "megabytes of log that PostgreSQL may keep for the slot; beyond, the slot is dropped and the cache flushed");
    static final Setting<Integer> VERIFY_USERS_PER_SECOND = number(
            "VERIFY_USERS_PER_SECOND",
            "10",
            count(0, 10_000).zeroMeans("none"),
            "cached users that are compared with PostgreSQL all the time");
    static final Setting<String> MANAGEMENT_HOST = new Setting<>(
            "MANAGEMENT_HOST",
            "127.0.0.1",
            "host name or address",
            "address that metrics and health are served on",
            Masking::plain,
            HostPort::parseHost);
    static final Setting<Integer> MANAGEMENT_PORT =
            number("MANAGEMENT_PORT", "9090", port(), "port that metrics and health are served on; not PORT's");
    static final Setting<Boolean> IO_URING = autoOrOff(
            "IO_URING",
            "whether sockets are used through io_uring rather than epoll; auto: on Linux 6 or newer, if it allows it");
    static final Setting<Path> LOCAL_DATA_DIR = new Setting<>(
            "LOCAL_DATA_DIR",
            ".local",
            "directory, made when missing",
            "where embedded servers keep their data; relative to the project",
            Masking::plain,
            SettingKinds::directory);

    /** Every setting, in the order they are documented. */
    static final List<Setting<?>> ALL = List.of(
            PORT,
            HTTP_READ_TIMEOUT,
            HTTP_WRITE_TIMEOUT,
            HTTP_IDLE_TIMEOUT,
            HTTP_MAX_HEADER_BYTES,
            HTTP_MAX_REQUEST_LINE_BYTES,
            HTTP_MAX_CONNECTIONS,
            HTTP2_MAX_STREAMS,
            REQUEST_TIMEOUT,
            RESPONSE_STYLE,
            TLS_CERT_FILE,
            TLS_KEY_FILE,
            TLS_CLIENT_CA_FILE,
            API_KEYS_FILE,
            DATABASE_URL,
            PG_MAX_CONNS,
            PG_HEALTHCHECK_PERIOD,
            PG_MAX_CONN_IDLE_TIME,
            PG_MAX_CONN_LIFETIME,
            REDIS_ADDR,
            REDIS_TLS_CA_FILE,
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
            CACHE_STALE,
            CACHE_EARLY_REFRESH,
            CACHE_TTL_JITTER,
            CACHE_BYPASS,
            NEGATIVE_CACHE,
            NEGATIVE_TTL,
            NEAR_CACHE_ENTRIES,
            CHANGE_FEED,
            CHANGE_FEED_DATABASE_URL,
            CHANGE_FEED_SLOT,
            CHANGE_FEED_MAX_LAG,
            VERIFY_USERS_PER_SECOND,
            MANAGEMENT_HOST,
            MANAGEMENT_PORT,
            IO_URING,
            LOCAL_DATA_DIR);

    private Settings() {}
}
