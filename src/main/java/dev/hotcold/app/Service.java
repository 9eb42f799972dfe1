package dev.hotcold.app;

import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.config.Config;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.access.UnusableFileException;
import dev.hotcold.ops.Health;
import dev.hotcold.ops.ManagementServer;
import dev.hotcold.ops.Metrics;
import dev.hotcold.ops.ProcessMetrics;
import dev.hotcold.verify.ContinuousVerification;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.channels.UnresolvedAddressException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running service: one {@link LookupVerticle} per event loop, one loop per core, and the management server on a loop
 * of its own.
 *
 * <p>Not thread-safe: started and stopped from one thread that may block.
 */
public final class Service implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    /** How long clients have to send one more request on each connection, to be told that it closes. */
    private static final Duration DRAIN = Duration.ofMillis(1500);

    /** How long readiness waits for the change feed, which answers nothing but may empty the cache as it begins. */
    private static final Duration FIRST_OUTCOME = Duration.ofSeconds(2);

    private static final Duration CLOSE = Duration.ofSeconds(3);

    private final Vertx vertx;
    private final RedisResources redisResources;
    private final BlockingRedis redis;
    private final ChangeFeed changeFeed;
    private final ContinuousVerification verification;
    private final Health health;
    private final ProcessMetrics processMetrics;
    private final ManagementServer management;
    private final List<LookupVerticle> verticles;
    private final Credentials credentials;

    private Service(
            Vertx vertx,
            RedisResources redisResources,
            BlockingRedis redis,
            ChangeFeed changeFeed,
            ContinuousVerification verification,
            Health health,
            ProcessMetrics processMetrics,
            ManagementServer management,
            List<LookupVerticle> verticles,
            Credentials credentials) {
        this.vertx = vertx;
        this.redisResources = redisResources;
        this.redis = redis;
        this.changeFeed = changeFeed;
        this.verification = verification;
        this.health = health;
        this.processMetrics = processMetrics;
        this.management = management;
        this.verticles = verticles;
        this.credentials = credentials;
    }

    /**
     * Starts serving. Comes up without Redis or PostgreSQL, and says so in its health.
     *
     * @throws StartFailure when a port cannot be listened on, or a file of the settings cannot be used
     */
    public static Service start(Config config) throws StartFailure {
        int loops = loops(config);
        SocketTransport transport = SocketTransport.choose(config.ioUring());
        Vertx vertx = transport.newVertx(loops + 1);
        LOG.info("{} event loops for lookups, on {}", loops, transport);
        Credentials credentials = credentials(config, vertx);
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Health health = new Health();
        Metrics metrics = new Metrics(registry);
        RefusalMetrics refusals = new RefusalMetrics(registry);
        RedisResources redisResources = new RedisResources(transport.isIoUring());
        BlockingRedis redis = new BlockingRedis(config.redis().endpoint(), redisResources);
        ChangeFeed changeFeed =
                new ChangeFeed(new PostgresJdbc(config.changeFeedPostgres()), config.changeFeed(), redis::open);
        health.add("changefeed", changeFeed.status()::reason);
        ContinuousVerification verification = new ContinuousVerification(
                config.verify(),
                () -> VerifyStores.open(redis, new PostgresJdbc(config.postgres())),
                changeFeed.status()::isRunning,
                changeFeed.status()::isCatchingUp);
        FreshnessMetrics.register(registry, changeFeed.status(), verification);
        List<LookupVerticle> verticles = IntStream.range(0, loops)
                .mapToObj(i -> new LookupVerticle(
                        config,
                        i,
                        loops,
                        redisResources,
                        changeFeed.status()::isRunning,
                        metrics,
                        refusals,
                        health,
                        credentials))
                .toList();
        Service service = new Service(
                vertx,
                redisResources,
                redis,
                changeFeed,
                verification,
                health,
                new ProcessMetrics(registry, Version.current()),
                new ManagementServer(config.management(), vertx, health, registry),
                verticles,
                credentials);
        try {
            checkChangeFeed(config);
            changeFeed.start();
            service.listen(config);
            changeFeed.awaitFirstOutcome(FIRST_OUTCOME);
            health.enter(Health.Phase.READY);
            verification.start();
            credentials.watch();
            return service;
        } catch (StartFailure failure) {
            service.close();
            throw failure;
        }
    }

    /** The public port. */
    public int port() {
        return verticles.getFirst().port();
    }

    /** What the public port speaks: http or https. */
    public String scheme() {
        return credentials.usesTls() ? "https" : "http";
    }

    /** The port of metrics and health. */
    public int managementPort() {
        return management.port();
    }

    /** What is degraded. */
    public Health health() {
        return health;
    }

    /** Finishes what is under way and stops; takes less than five seconds. */
    @Override
    public void close() {
        health.enter(Health.Phase.DRAINING);
        credentials.close();
        try {
            Future.join(verticles.stream()
                            .map(verticle -> verticle.drain(DRAIN))
                            .toList())
                    .eventually(vertx::close)
                    .await(DRAIN.plus(CLOSE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception failure) {
            LOG.warn("Did not stop in good order: {}", failure.toString());
        }
        verification.close();
        changeFeed.close();
        redis.close();
        redisResources.close();
        processMetrics.close();
    }

    private static Credentials credentials(Config config, Vertx vertx) throws StartFailure {
        try {
            return Credentials.load(config.http().access(), vertx);
        } catch (UnusableFileException unusable) {
            vertx.close().await();
            throw new StartFailure(String.valueOf(unusable.getMessage()));
        }
    }

    private void listen(Config config) throws StartFailure {
        await(
                management.listen(),
                config.management().host() + ":" + config.management().port() + " (MANAGEMENT_HOST, MANAGEMENT_PORT)");
        List<Future<String>> starting =
                verticles.stream().map(vertx::deployVerticle).toList();
        await(Future.join(starting), "port " + config.http().port() + " (PORT)");
    }

    /** Where the change feed is a must, a PostgreSQL that does not allow it is no place to start; one that is down is. */
    private static void checkChangeFeed(Config config) throws StartFailure {
        if (config.changeFeed().mode() != ChangeFeedSettings.Mode.ON) {
            return;
        }
        try {
            Optional<String> lacking =
                    ChangeFeed.prepare(new PostgresJdbc(config.changeFeedPostgres()), config.changeFeed());
            if (lacking.isPresent()) {
                throw new StartFailure("CHANGE_FEED is on, but " + lacking.get());
            }
        } catch (SQLException unreachable) {
            LOG.warn("Whether PostgreSQL allows the change feed is not known yet: {}", unreachable.getMessage());
        }
    }

    /** @param address what is listened on, and by which settings */
    private static void await(Future<?> listening, String address) throws StartFailure {
        try {
            listening.await();
        } catch (Exception failure) { // await() throws what the future failed with, checked or not
            boolean refused = failure instanceof IOException || failure instanceof UnresolvedAddressException;
            throw new StartFailure(
                    refused ? "cannot listen on " + address + ": " + failure.getMessage() : "cannot start: " + failure);
        }
    }

    /** A loop needs a share of every bound, so there are no more loops than the smallest of them. */
    private static int loops(Config config) {
        int cores = Runtime.getRuntime().availableProcessors();
        int bounds = Math.min(
                config.redis().reads().batchesInFlight(), config.postgres().pool().maxConnections());
        return Math.max(1, Math.min(cores, bounds));
    }
}
