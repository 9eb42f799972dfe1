package dev.hotcold.config;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.driver.PostgresTrust;
import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.config.Effective.Origin;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns environment variables into a {@link Config}, or into all the reasons why that is not possible. */
public final class ConfigLoader {

    private ConfigLoader() {}

    /** Reads {@code environment}; an empty value counts as unset, white space around a value is dropped. */
    public static Loaded load(Map<String, String> environment) {
        EnvironmentReader in = new EnvironmentReader(environment);
        PostgresUrl postgres = in.read(Settings.DATABASE_URL);
        PostgresUrl changeFeedPostgres = in.read(Settings.CHANGE_FEED_DATABASE_URL);
        RedisLogin redis = RedisLogin.read(in);
        Config config = new Config(
                new Config.Serving(
                        http(in),
                        management(in),
                        new RequestBudget(in.read(Settings.REQUEST_TIMEOUT)),
                        in.read(Settings.IO_URING)),
                new Config.Stores(postgres(in, postgres), redis(in, redis)),
                new Config.Freshness(
                        changeFeed(in),
                        postgres(in, in.isSet(Settings.CHANGE_FEED_DATABASE_URL) ? changeFeedPostgres : postgres),
                        new VerifySettings(in.read(Settings.VERIFY_USERS_PER_SECOND))),
                new LocalSettings(in.read(Settings.LOCAL_DATA_DIR)));
        checkPorts(in, config);

        List<String> warnings = new ArrayList<>(UnknownVariables.warnings(environment));
        warnIgnored(Settings.DATABASE_URL, postgres, warnings);
        warnIgnored(Settings.CHANGE_FEED_DATABASE_URL, changeFeedPostgres, warnings);
        warnings.addAll(redis.warnings(in));
        return in.problems().isEmpty()
                ? new Loaded.Valid(config, effective(in, postgres, redis), warnings)
                : new Loaded.Invalid(in.problems(), warnings);
    }

    private static void warnIgnored(Setting<?> setting, PostgresUrl url, List<String> warnings) {
        url.ignoredParameters()
                .forEach(name ->
                        warnings.add(setting.name() + ": parameter " + name + " is not supported and is ignored"));
    }

    private static ChangeFeedSettings changeFeed(EnvironmentReader in) {
        return new ChangeFeedSettings(
                in.read(Settings.CHANGE_FEED),
                in.read(Settings.CHANGE_FEED_SLOT),
                in.read(Settings.CHANGE_FEED_MAX_LAG) * 1_000_000L);
    }

    private static HttpSettings http(EnvironmentReader in) {
        return new HttpSettings(
                in.read(Settings.PORT),
                new HttpTimeouts(
                        in.read(Settings.HTTP_READ_TIMEOUT),
                        in.read(Settings.HTTP_WRITE_TIMEOUT),
                        in.read(Settings.HTTP_IDLE_TIMEOUT)),
                new HttpLimits(
                        in.read(Settings.HTTP_MAX_HEADER_BYTES),
                        in.read(Settings.HTTP_MAX_REQUEST_LINE_BYTES),
                        in.read(Settings.HTTP_MAX_CONNECTIONS),
                        in.read(Settings.HTTP2_MAX_STREAMS)),
                in.read(Settings.RESPONSE_STYLE),
                in.read(Settings.CACHE_BYPASS),
                new AccessSettings(tls(in), in.read(Settings.API_KEYS_FILE)));
    }

    private static Optional<TlsSettings> tls(EnvironmentReader in) {
        Optional<Path> certificates = in.read(Settings.TLS_CERT_FILE);
        Optional<Path> key = in.read(Settings.TLS_KEY_FILE);
        Optional<Path> clientAuthority = in.read(Settings.TLS_CLIENT_CA_FILE);
        needs(in, Settings.TLS_CERT_FILE, Settings.TLS_KEY_FILE);
        needs(in, Settings.TLS_KEY_FILE, Settings.TLS_CERT_FILE);
        if (!in.isSet(Settings.TLS_KEY_FILE)) {
            needs(in, Settings.TLS_CLIENT_CA_FILE, Settings.TLS_CERT_FILE);
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
        return new PostgresSettings(
                new PostgresEndpoint(
                        url.server().host(), url.server().port(), url.database(), url.user(), url.password()),
                new PostgresTrust(url.sslMode(), url.rootCertificate()),
                new PoolSettings(
                        in.read(Settings.PG_MAX_CONNS),
                        in.read(Settings.PG_HEALTHCHECK_PERIOD),
                        in.read(Settings.PG_MAX_CONN_IDLE_TIME),
                        in.read(Settings.PG_MAX_CONN_LIFETIME)));
    }

    private static RedisSettings redis(EnvironmentReader in, RedisLogin login) {
        RedisEndpoint endpoint = new RedisEndpoint(
                login.address().server().host(),
                login.address().server().port(),
                login.address().tls(),
                in.read(Settings.REDIS_TLS_CA_FILE),
                login.username(),
                login.password(),
                login.database());
        LinkSettings link = new LinkSettings(
                in.read(Settings.REDIS_READ_TIMEOUT),
                in.read(Settings.REDIS_WRITE_TIMEOUT),
                in.read(Settings.REDIS_MAX_RETRIES),
                in.read(Settings.REDIS_CONN_MAX_IDLE));
        CacheSettings cache = new CacheSettings(
                in.read(Settings.CACHE_TTL),
                in.read(Settings.CACHE_STALE),
                in.read(Settings.CACHE_EARLY_REFRESH),
                in.read(Settings.CACHE_TTL_JITTER),
                in.read(Settings.NEGATIVE_CACHE),
                in.read(Settings.NEGATIVE_TTL));
        return new RedisSettings(
                endpoint,
                in.read(Settings.REDIS_DIAL_TIMEOUT),
                in.read(Settings.REDIS_MIN_IDLE_CONNS),
                link,
                new ReadLimits(in.read(Settings.REDIS_POOL_SIZE), in.read(Settings.REDIS_POOL_TIMEOUT)),
                cache,
                in.read(Settings.NEAR_CACHE_ENTRIES));
    }

    private static ManagementSettings management(EnvironmentReader in) {
        return new ManagementSettings(in.read(Settings.MANAGEMENT_HOST), in.read(Settings.MANAGEMENT_PORT));
    }

    /** PORT is bound on all interfaces, so that no address makes room for the same port a second time. */
    private static void checkPorts(EnvironmentReader in, Config config) {
        int port = config.serving().http().port();
        boolean bothRead = !in.hasProblem(Settings.PORT) && !in.hasProblem(Settings.MANAGEMENT_PORT);
        if (bothRead && port != 0 && port == config.serving().management().port()) {
            in.report(
                    Settings.MANAGEMENT_PORT,
                    new Flaw(
                            "a port other than PORT, which is " + port + " too",
                            "set one of them to another port, or to 0 for any free one"));
        }
    }

    private static List<Effective> effective(EnvironmentReader in, PostgresUrl postgres, RedisLogin redis) {
        return Settings.ALL.stream()
                .map(setting -> setting.equals(Settings.DATABASE_URL)
                        ? database(in, postgres)
                        : redis.effective(setting, in).orElseGet(() -> in.effective(setting)))
                .toList();
    }

    private static Effective database(EnvironmentReader in, PostgresUrl url) {
        String name = Settings.DATABASE_URL.name();
        return in.isSet(Settings.DATABASE_URL)
                ? new Effective(name, url.toString(), Origin.ENVIRONMENT)
                : new Effective(name, "(embedded)", Origin.EMBEDDED);
    }
}
