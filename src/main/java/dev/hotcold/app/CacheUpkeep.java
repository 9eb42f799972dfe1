package dev.hotcold.app;

import dev.hotcold.app.jdbc.FeedJdbc;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.app.jdbc.ServerWatch;
import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.Queries;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.config.Config;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.blocking.SentinelWatch;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.hot.deployment.Claim;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.verify.ContinuousVerification;
import io.vertx.core.Future;
import java.net.SocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps Redis up to date and proves it: the change feed and the continuous verification, on threads of their own,
 * with connections of their own. Closing it stops both.
 *
 * <p>Not thread-safe: started and stopped from one thread that may block.
 */
final class CacheUpkeep implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CacheUpkeep.class);

    /** How long a start waits for PostgreSQL's answers; to make a slot it may itself have to wait for transactions. */
    private static final Duration LONGEST_CHECK = Duration.ofSeconds(10);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Set<String> claims = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Optional<Deployment>> deployment = new AtomicReference<>(Optional.empty());
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Why the last attempt to clear Redis has failed, which is told once; "" = it has not. */
    private volatile String whyNotCleared = "";

    private final List<ServerWatch> watches;
    private final BlockingRedis redis;
    private final SentinelWatch sentinels;
    private final FeedLookups feedLookups;
    private final ChangeFeed changeFeed;
    private final ContinuousVerification verification;

    /** @param servers which of the lookups' servers may be used; kept up to date from here */
    CacheUpkeep(Config config, RedisResources redisResources, ServerPolicy servers) {
        Config.Freshness freshness = config.freshness();
        PostgresSettings lookups = config.stores().postgres();
        PostgresSettings feed = freshness.changeFeedPostgres().forPrimary();
        ServerPolicy feedServers = new ServerPolicy(feed.endpoint().servers().target());
        this.watches = watches(lookups, servers, freshness, feedServers);
        RedisSettings hot = config.stores().redis();
        this.redis = new BlockingRedis(hot.endpoint(), hot.cache().keys(), redisResources);
        this.sentinels = new SentinelWatch(hot.endpoint(), redisResources);
        PostgresJdbc postgres = new PostgresJdbc(lookups, servers);
        this.feedLookups = new FeedLookups(redis, postgres);
        this.changeFeed = new ChangeFeed(
                new FeedJdbc(new PostgresJdbc(feed, feedServers), postgres),
                freshness.changeFeed(),
                redis::open,
                feedLookups);
        sentinels.onPrimary(server -> {
            redis.primaryIs(server);
            changeFeed.tryAgain();
        });
        changeFeed
                .status()
                .judgeLogsBy(
                        log -> servers.heardOf(log.system(), log.timeline()),
                        log -> servers.isOfThePast(log.system(), log.timeline()));
        this.verification = new ContinuousVerification(
                freshness.verification(),
                () -> VerifyStores.open(redis, postgres),
                new ContinuousVerification.Changes(
                        changeFeed.status()::isRunning,
                        changeFeed.status()::isStandby,
                        changeFeed.status()::isCatchingUp,
                        changeFeed.status()::limit));
    }

    /** Where both settings lead to the same servers, one watch is enough. */
    private static List<ServerWatch> watches(
            PostgresSettings lookups, ServerPolicy servers, Config.Freshness freshness, ServerPolicy feedServers) {
        boolean isOff = freshness.changeFeed().mode() == ChangeFeedSettings.Mode.OFF;
        PostgresSettings feed = freshness.changeFeedPostgres();
        if (isOff || feed.equals(lookups)) {
            return List.of(new ServerWatch(lookups, List.of(servers, feedServers)));
        }
        return List.of(new ServerWatch(lookups, List.of(servers)), new ServerWatch(feed, List.of(feedServers)));
    }

    private static FeedDatabase feedDatabase(Config config) {
        return FeedJdbc.of(
                config.freshness().changeFeedPostgres(), config.stores().postgres());
    }

    /**
     * Where the change feed is a must, a PostgreSQL that does not allow it is no place to start; one that is down is.
     *
     * @throws StartFailure when PostgreSQL says that something is lacking, or the thread is interrupted
     */
    static void checkPrerequisites(Config config) throws StartFailure {
        Config.Freshness freshness = config.freshness();
        if (freshness.changeFeed().mode() != ChangeFeedSettings.Mode.ON) {
            return;
        }
        // On a thread that may be left behind: a server can answer so slowly that each reply is in time, and the whole
        // is not.
        FutureTask<Optional<String>> preparing =
                new FutureTask<>(() -> ChangeFeed.prepare(feedDatabase(config), freshness.changeFeed()));
        Thread.ofVirtual().name("change-feed-prerequisites").start(preparing);
        String unknown;
        try {
            Optional<String> lacking = preparing.get(LONGEST_CHECK.toMillis(), TimeUnit.MILLISECONDS);
            if (lacking.isPresent()) {
                throw new StartFailure("CHANGE_FEED is on, but " + lacking.get());
            }
            return;
        } catch (TimeoutException late) {
            unknown = "no answer in time";
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StartFailure(Service.INTERRUPTED);
        } catch (ExecutionException failure) {
            if (!(failure.getCause() instanceof SQLException unreachable)) {
                throw new IllegalStateException(failure.getCause());
            }
            unknown = StoreHealth.shortened(Queries.firstLine(unreachable));
        }
        LOG.warn("Whether PostgreSQL allows the change feed is not known yet: {}", unknown);
    }

    /**
     * Looks, on a thread of its own, whether users can be looked up in the table at all.
     *
     * @return why they cannot; empty = they can, as far as is known: the table may be missing yet, and PostgreSQL be down
     */
    static java.util.concurrent.Future<Optional<String>> problemOfTable(Config config) {
        FutureTask<Optional<String>> looking = new FutureTask<>(() -> {
            PostgresJdbc postgres = new PostgresJdbc(config.stores().postgres());
            try (Connection connection = postgres.connect()) {
                return JdbcUsers.of(postgres, connection).problem();
            } catch (SQLException unknown) {
                LOG.debug("Whether the table can be used is not known yet", unknown);
                return Optional.empty();
            }
        });
        Thread.ofVirtual().name("table").start(looking);
        return looking;
    }

    /** @param listener gets the addresses of each Redis that Sentinels make the primary, on any thread */
    void onPrimaryOfRedis(Consumer<Set<SocketAddress>> listener) {
        sentinels.onPrimary(listener);
    }

    /** What one more loop looks users up in. */
    KnownDeployment newKnownDeployment() {
        return new KnownDeployment(deployment);
    }

    /** Clears what another deployment has left in Redis, on a thread of its own, unless that is under way. Thread-safe. */
    void takeOver(Claim claim) {
        if (!claims.add(claim.token())) {
            return;
        }
        if (whyNotCleared.isEmpty()) {
            LOG.info("Redis has the cache of a deployment that is gone; clearing it for {}", claim.deployment());
        }
        Thread.ofVirtual().name("takeover").start(() -> {
            try {
                clear(claim);
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            } finally {
                claims.remove(claim.token());
            }
        });
    }

    /** After a failure it takes a moment before the next attempt. */
    private void clear(Claim claim) throws InterruptedException {
        try {
            redis.clear(claim);
            whyNotCleared = "";
        } catch (HotStoreException failure) {
            String why = String.valueOf(failure.getMessage());
            if (closed.getCount() > 0) {
                if (!why.equals(whyNotCleared)) {
                    LOG.warn(
                            "The users of another deployment, which is gone, cannot be removed from Redis, which is not used"
                                    + " until they are: {}. Grant what is missing, or choose another REDIS_KEY_PREFIX",
                            why);
                }
                var _ = closed.await(AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
            }
            whyNotCleared = why;
        }
    }

    /** What the change feed does at the moment. */
    FeedStatus feedStatus() {
        return changeFeed.status();
    }

    ContinuousVerification verification() {
        return verification;
    }

    /** @param lookups for each event loop, whether its lookups reach PostgreSQL, tried with each call */
    void startChangeFeed(List<Supplier<Future<Boolean>>> lookups) {
        sentinels.start();
        feedLookups.are(lookups);
        watches.forEach(ServerWatch::start);
        changeFeed.start();
    }

    /** Waits until it is known whether changes are followed, no longer than this. */
    void awaitFirstOutcome(Duration longest) {
        changeFeed.awaitFirstOutcome(longest);
    }

    void startVerification() {
        verification.start();
    }

    /** The process ends before long. */
    void endSoon() {
        changeFeed.endSoon();
    }

    @Override
    public void close() {
        closed.countDown();
        sentinels.close();
        watches.forEach(ServerWatch::close);
        verification.close();
        changeFeed.close();
        redis.close();
    }
}
