package dev.hotcold.config;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.cold.server.TargetSession;
import dev.hotcold.config.Effective.Origin;
import dev.hotcold.config.parse.Flaw;
import dev.hotcold.config.parse.postgres.PostgresUrl;
import dev.hotcold.config.settings.CacheDefinitions;
import dev.hotcold.config.settings.ChangeFeedDefinitions;
import dev.hotcold.config.settings.HttpDefinitions;
import dev.hotcold.config.settings.LocalDefinitions;
import dev.hotcold.config.settings.OperationsDefinitions;
import dev.hotcold.config.settings.PostgresDefinitions;
import dev.hotcold.config.settings.RedisDefinitions;
import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import dev.hotcold.config.settings.TlsDefinitions;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.batch.ReadLimits;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.layout.CacheSettings;
import dev.hotcold.hot.link.LinkSettings;
import dev.hotcold.http.HttpLimits;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.http.HttpTimeouts;
import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.TlsSettings;
import dev.hotcold.local.LocalSettings;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.ops.ManagementSettings;
import dev.hotcold.verify.VerifySettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns environment variables into a {@link Config}, or into all the reasons why that is not possible. */
public final class ConfigLoader {

    /** A request line may have this part of the headers' bytes. */
    private static final int REQUEST_LINE_SHARE = 2;

    /** Lifetimes of connections differ by this part. */
    private static final int LIFETIME_SPREAD = 10;

    private ConfigLoader() {}

    /** Reads {@code environment}; an empty value counts as unset, white space around a value is dropped. */
    public static Loaded load(Map<String, String> environment) {
        EnvironmentReader in = new EnvironmentReader(environment);
        PostgresUrl postgres = in.read(PostgresDefinitions.DATABASE_URL);
        PostgresUrl changeFeedPostgres = in.read(ChangeFeedDefinitions.CHANGE_FEED_DATABASE_URL);
        RedisLogin redis = RedisLogin.read(in);
        Config config = new Config(
                new Config.Serving(
                        http(in),
                        management(in),
                        new RequestBudget(in.read(HttpDefinitions.REQUEST_TIMEOUT)),
                        in.read(OperationsDefinitions.SHUTDOWN_DELAY),
                        in.read(OperationsDefinitions.IO_URING)),
                new Config.Stores(postgres(in, postgres), redis(in, redis)),
                new Config.Freshness(
                        changeFeed(in),
                        postgres(
                                in,
                                in.isSet(ChangeFeedDefinitions.CHANGE_FEED_DATABASE_URL)
                                        ? changeFeedPostgres
                                        : postgres),
                        new VerifySettings(in.read(OperationsDefinitions.VERIFY_USERS_PER_SECOND))),
                new LocalSettings(in.read(LocalDefinitions.LOCAL_DATA_DIR)));
        checkPorts(in, config);
        checkTargets(in, config, changeFeedPostgres);

        List<String> warnings = new ArrayList<>(UnknownVariables.warnings(environment));
        warnings.addAll(postgres.warnings());
        warnings.addAll(changeFeedPostgres.warnings());
        warnings.addAll(redis.warnings(in));
        return in.problems().isEmpty()
                ? new Loaded.Valid(config, effective(in, postgres, changeFeedPostgres, redis), warnings)
                : new Loaded.Invalid(in.problems(), warnings);
    }

    private static ChangeFeedSettings changeFeed(EnvironmentReader in) {
        return new ChangeFeedSettings(
                in.read(ChangeFeedDefinitions.CHANGE_FEED),
                in.read(ChangeFeedDefinitions.CHANGE_FEED_SLOT),
                in.read(ChangeFeedDefinitions.CHANGE_FEED_MAX_LAG) * 1_000_000L);
    }

    private static HttpSettings http(EnvironmentReader in) {
        int maxHeaderBytes = in.read(HttpDefinitions.HTTP_MAX_HEADER_BYTES);
        return new HttpSettings(
                in.read(HttpDefinitions.PORT),
                new HttpTimeouts(
                        in.read(HttpDefinitions.HTTP_READ_TIMEOUT),
                        in.read(HttpDefinitions.HTTP_WRITE_TIMEOUT),
                        in.read(HttpDefinitions.HTTP_IDLE_TIMEOUT)),
                new HttpLimits(
                        maxHeaderBytes,
                        maxHeaderBytes / REQUEST_LINE_SHARE,
                        in.read(HttpDefinitions.HTTP_MAX_CONNECTIONS),
                        in.read(HttpDefinitions.HTTP2_MAX_STREAMS)),
                in.read(HttpDefinitions.RESPONSE_STYLE),
                in.read(CacheDefinitions.CACHE_BYPASS),
                new AccessSettings(
                        tls(in), in.read(TlsDefinitions.API_KEYS_FILE), in.read(HttpDefinitions.CORS_ALLOWED_ORIGINS)),
                in.read(HttpDefinitions.HTTP_CACHE));
    }

    private static Optional<TlsSettings> tls(EnvironmentReader in) {
        Optional<Path> certificates = in.read(TlsDefinitions.TLS_CERT_FILE);
        Optional<Path> key = in.read(TlsDefinitions.TLS_KEY_FILE);
        Optional<Path> clientAuthority = in.read(TlsDefinitions.TLS_CLIENT_CA_FILE);
        needs(in, TlsDefinitions.TLS_CERT_FILE, TlsDefinitions.TLS_KEY_FILE);
        needs(in, TlsDefinitions.TLS_KEY_FILE, TlsDefinitions.TLS_CERT_FILE);
        if (!in.isSet(TlsDefinitions.TLS_KEY_FILE)) {
            needs(in, TlsDefinitions.TLS_CLIENT_CA_FILE, TlsDefinitions.TLS_CERT_FILE);
        }
        return certificates.flatMap(chain -> key.map(secret -> new TlsSettings(chain, secret, clientAuthority)));
    }

    /** Reports a setting that is set without another one that it means nothing without. */
    private static void needs(EnvironmentReader in, Setting<?> setting, Setting<?> other) {
        if (in.isSet(setting) && !in.isSet(other)) {
            in.report(
                    setting,
                    new Flaw("together with " + other.name(), "set " + other.name() + ", or unset " + setting.name()));
        }
    }

    private static PostgresSettings postgres(EnvironmentReader in, PostgresUrl url) {
        Duration lifetime = in.read(PostgresDefinitions.PG_MAX_CONN_LIFETIME);
        return new PostgresSettings(
                url.endpoint(),
                url.trust(),
                new PoolSettings(
                        in.read(PostgresDefinitions.PG_MAX_CONNS),
                        in.read(PostgresDefinitions.PG_HEALTHCHECK_PERIOD),
                        in.read(PostgresDefinitions.PG_MAX_CONN_IDLE_TIME),
                        lifetime,
                        lifetime.dividedBy(LIFETIME_SPREAD)),
                in.read(PostgresDefinitions.PG_POOLER));
    }

    private static RedisSettings redis(EnvironmentReader in, RedisLogin login) {
        RedisEndpoint endpoint = new RedisEndpoint(
                login.location(),
                login.address().tls(),
                in.read(RedisDefinitions.REDIS_TLS_CA_FILE),
                login.username(),
                login.password(),
                login.database());
        LinkSettings link = new LinkSettings(
                in.read(RedisDefinitions.REDIS_READ_TIMEOUT),
                in.read(RedisDefinitions.REDIS_WRITE_TIMEOUT),
                in.read(RedisDefinitions.REDIS_MAX_RETRIES),
                in.read(RedisDefinitions.REDIS_CONN_MAX_IDLE));
        CacheSettings cache = new CacheSettings(
                in.read(CacheDefinitions.CACHE_TTL),
                in.read(CacheDefinitions.CACHE_STALE),
                in.read(CacheDefinitions.NEGATIVE_CACHE),
                in.read(CacheDefinitions.NEGATIVE_TTL),
                in.read(CacheDefinitions.MAX_STALENESS),
                in.read(ChangeFeedDefinitions.CHANGE_FEED_SLOT),
                in.read(RedisDefinitions.REDIS_KEY_PREFIX));
        return new RedisSettings(
                endpoint,
                in.read(RedisDefinitions.REDIS_DIAL_TIMEOUT),
                in.read(RedisDefinitions.REDIS_MIN_IDLE_CONNS),
                link,
                new ReadLimits(in.read(RedisDefinitions.REDIS_POOL_SIZE), in.read(RedisDefinitions.REDIS_POOL_TIMEOUT)),
                cache,
                in.read(CacheDefinitions.NEAR_CACHE_ENTRIES));
    }

    private static ManagementSettings management(EnvironmentReader in) {
        return new ManagementSettings(
                in.read(OperationsDefinitions.MANAGEMENT_HOST), in.read(OperationsDefinitions.MANAGEMENT_PORT));
    }

    /** PORT is bound on all interfaces, so that no address makes room for the same port a second time. */
    private static void checkPorts(EnvironmentReader in, Config config) {
        int port = config.serving().http().port();
        boolean bothRead =
                !in.hasProblem(HttpDefinitions.PORT) && !in.hasProblem(OperationsDefinitions.MANAGEMENT_PORT);
        if (bothRead && port != 0 && port == config.serving().management().port()) {
            in.report(
                    OperationsDefinitions.MANAGEMENT_PORT,
                    new Flaw(
                            "a port other than PORT, which is " + port + " too",
                            "set one of them to another port, or to 0 for any free one"));
        }
    }

    /** What the change feed has applied, a standby may not have replayed: a fill from there would keep the old user. */
    private static void checkTargets(EnvironmentReader in, Config config, PostgresUrl changeFeedPostgres) {
        TargetSession lookups = config.stores().postgres().endpoint().servers().target();
        if (lookups.avoidsPrimary()
                && config.freshness().changeFeed().mode() != ChangeFeedSettings.Mode.OFF
                && !in.hasProblem(ChangeFeedDefinitions.CHANGE_FEED)) {
            in.report(
                    PostgresDefinitions.DATABASE_URL,
                    new Flaw(
                            "target_session_attrs=" + lookups.label()
                                    + " only with CHANGE_FEED=off: a standby sees changes later than the change feed"
                                    + " applies them, so that old users would be cached",
                            "write target_session_attrs=read-write, or set CHANGE_FEED=off"));
        }
        if (changeFeedPostgres.endpoint().servers().target().avoidsPrimary()) {
            in.report(
                    ChangeFeedDefinitions.CHANGE_FEED_DATABASE_URL,
                    new Flaw(
                            "the primary, which alone can be followed",
                            "write target_session_attrs=read-write, or leave it out"));
        }
    }

    private static List<Effective> effective(
            EnvironmentReader in, PostgresUrl postgres, PostgresUrl changeFeedPostgres, RedisLogin redis) {
        return Settings.ALL.stream()
                .map(setting -> {
                    if (setting.equals(PostgresDefinitions.DATABASE_URL)) {
                        return database(in, postgres);
                    }
                    if (setting.equals(ChangeFeedDefinitions.CHANGE_FEED_DATABASE_URL) && in.isSet(setting)) {
                        return new Effective(setting.name(), changeFeedPostgres.toString(), Origin.ENVIRONMENT);
                    }
                    return redis.effective(setting, in).orElseGet(() -> in.effective(setting));
                })
                .toList();
    }

    private static Effective database(EnvironmentReader in, PostgresUrl url) {
        String name = PostgresDefinitions.DATABASE_URL.name();
        return in.isSet(PostgresDefinitions.DATABASE_URL)
                ? new Effective(name, url.toString(), Origin.ENVIRONMENT)
                : new Effective(name, "(embedded)", Origin.EMBEDDED);
    }
}
