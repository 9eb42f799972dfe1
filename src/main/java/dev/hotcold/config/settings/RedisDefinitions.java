package dev.hotcold.config.settings;

import static dev.hotcold.config.parse.WholeNumber.count;
import static dev.hotcold.config.parse.WholeNumber.milliseconds;
import static dev.hotcold.config.parse.WholeNumber.seconds;
import static dev.hotcold.config.settings.SettingKinds.duration;
import static dev.hotcold.config.settings.SettingKinds.file;
import static dev.hotcold.config.settings.SettingKinds.number;

import dev.hotcold.config.parse.Flaw;
import dev.hotcold.config.parse.Masking;
import dev.hotcold.config.parse.Parsed;
import dev.hotcold.config.parse.RedisAddress;
import dev.hotcold.hot.layout.UserKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where Redis is, and its connections. */
public final class RedisDefinitions {

    /** Braces would choose another Cluster slot, and the others are what a pattern of SCAN and of an ACL has a meaning for. */
    private static final Pattern KEY_PREFIX = Pattern.compile("[!-~&&[^{}*?\\[\\]\\\\]]{0,64}");

    private static final String KEY_PREFIXES =
            "printable ASCII without blanks and without { } * ? [ ] \\, at most 64 characters";

    public static final Setting<RedisAddress> REDIS_ADDR = new Setting<>(
            "REDIS_ADDR",
            "",
            RedisAddress.ALLOWED,
            "where Redis is; a URL may carry user:password@ and /database, rediss:// means TLS; with Sentinels"
                    + " redis-sentinel://HOST,HOST/?master=NAME",
            Masking::address,
            RedisAddress::parse);
    public static final Setting<Optional<Path>> REDIS_TLS_CA_FILE =
            file("REDIS_TLS_CA_FILE", "authorities trusted for rediss://; unset = those of the JDK");
    public static final Setting<Optional<String>> REDIS_USERNAME = new Setting<>(
            "REDIS_USERNAME",
            "",
            "any text",
            "user to authenticate to Redis as; overrides REDIS_ADDR",
            Masking::plain,
            SettingKinds::text);
    public static final Setting<Optional<String>> REDIS_PASSWORD = new Setting<>(
            "REDIS_PASSWORD",
            "",
            "any text",
            "password for Redis; overrides REDIS_ADDR",
            Masking::secret,
            SettingKinds::text);
    public static final Setting<Optional<String>> REDIS_SENTINEL_USERNAME = new Setting<>(
            "REDIS_SENTINEL_USERNAME",
            "",
            "any text",
            "user to authenticate to Sentinels as",
            Masking::plain,
            SettingKinds::text);
    public static final Setting<Optional<String>> REDIS_SENTINEL_PASSWORD = new Setting<>(
            "REDIS_SENTINEL_PASSWORD",
            "",
            "any text",
            "password for Sentinels, which have one of their own",
            Masking::secret,
            SettingKinds::text);
    public static final Setting<Integer> REDIS_DB =
            number("REDIS_DB", "0", RedisAddress.DATABASES, "number of the Redis database; overrides REDIS_ADDR");
    public static final Setting<UserKeys> REDIS_KEY_PREFIX = new Setting<>(
            "REDIS_KEY_PREFIX",
            "",
            KEY_PREFIXES,
            "what every key in Redis begins with; one for each deployment, where several share a Redis",
            Masking::plain,
            RedisDefinitions::keyPrefix);
    public static final Setting<Duration> REDIS_DIAL_TIMEOUT = duration(
            "REDIS_DIAL_TIMEOUT_MS",
            "100",
            milliseconds(1, 60_000),
            "timeout of one attempt to connect to Redis, handshake included");
    public static final Setting<Duration> REDIS_READ_TIMEOUT = duration(
            "REDIS_READ_TIMEOUT_MS",
            "100",
            milliseconds(1, 60_000),
            "timeout of a batch of reads, from when it is sent to its reply");
    public static final Setting<Duration> REDIS_WRITE_TIMEOUT = duration(
            "REDIS_WRITE_TIMEOUT_MS",
            "100",
            milliseconds(1, 60_000),
            "timeout of a fill, from when it is sent to its reply");
    public static final Setting<Integer> REDIS_POOL_SIZE = number(
            "REDIS_POOL_SIZE",
            "48",
            count(1, 10_000),
            "upper bound of read batches in flight to Redis, over all event loops; at least one per event loop");
    public static final Setting<Integer> REDIS_MIN_IDLE_CONNS = number(
            "REDIS_MIN_IDLE_CONNS",
            "8",
            count(0, 10_000).zeroMeans("with the first lookup"),
            "Redis connections opened before the service is ready, at most one per event loop");
    public static final Setting<Duration> REDIS_POOL_TIMEOUT = duration(
            "REDIS_POOL_TIMEOUT_MS",
            "200",
            milliseconds(0, 60_000).zeroMeans("it does not wait"),
            "longest a read is queued while REDIS_POOL_SIZE batches are in flight");
    public static final Setting<Integer> REDIS_MAX_RETRIES = number(
            "REDIS_MAX_RETRIES",
            "1",
            count(0, 10).zeroMeans("never"),
            "how often a batch of reads is resent when its connection broke before the reply");
    public static final Setting<Duration> REDIS_CONN_MAX_IDLE = duration(
            "REDIS_CONN_MAX_IDLE_SEC",
            "300",
            seconds(0, 86_400).zeroMeans("never"),
            "a Redis connection idle for this long is replaced");

    static final SettingGroup GROUP = new SettingGroup(
            "Redis",
            List.of(
                    REDIS_ADDR,
                    REDIS_TLS_CA_FILE,
                    REDIS_USERNAME,
                    REDIS_PASSWORD,
                    REDIS_SENTINEL_USERNAME,
                    REDIS_SENTINEL_PASSWORD,
                    REDIS_DB,
                    REDIS_KEY_PREFIX,
                    REDIS_DIAL_TIMEOUT,
                    REDIS_READ_TIMEOUT,
                    REDIS_WRITE_TIMEOUT,
                    REDIS_POOL_SIZE,
                    REDIS_MIN_IDLE_CONNS,
                    REDIS_POOL_TIMEOUT,
                    REDIS_MAX_RETRIES,
                    REDIS_CONN_MAX_IDLE),
            """
            Each event loop multiplexes its commands over one connection, so the settings of the pool are bounds rather than
            sizes. A Redis that takes more than half of `REDIS_READ_TIMEOUT_MS` again and again counts as failing: the circuit
            breaker opens.

            The service uses the keys `user:ID`, `lease:{user:ID}`, `absent:{user:ID}` and `changefeed:SLOT`; a restricted user
            needs all four, and Redis 6 or newer. With `REDIS_KEY_PREFIX=a:` they are `a:user:ID`, `a:lease:{a:user:ID}`,
            `a:absent:{a:user:ID}` and `a:changefeed:SLOT`, and a restricted user needs `~a:*`. Deployments that share a Redis, each
            with a database or table of its own, need different prefixes; all instances of one deployment have the same.
            """);

    private RedisDefinitions() {}

    private static Parsed<UserKeys> keyPrefix(String text) {
        return KEY_PREFIX.matcher(text).matches()
                ? new Parsed.Accepted<>(new UserKeys(text))
                : new Parsed.Rejected<>(List.of(Flaw.of(KEY_PREFIXES)));
    }
}
