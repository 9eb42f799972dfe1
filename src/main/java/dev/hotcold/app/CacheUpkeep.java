package dev.hotcold.app;

import dev.hotcold.app.jdbc.FeedJdbc;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.Queries;
import dev.hotcold.config.Config;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.verify.ContinuousVerification;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    private final BlockingRedis redis;
    private final ChangeFeed changeFeed;
    private final ContinuousVerification verification;

    CacheUpkeep(Config config, RedisResources redisResources) {
        Config.Freshness freshness = config.freshness();
        this.redis = new BlockingRedis(config.stores().redis().endpoint(), redisResources);
        this.changeFeed = new ChangeFeed(feedDatabase(config), freshness.changeFeed(), redis::open);
        PostgresJdbc postgres = new PostgresJdbc(config.stores().postgres());
        this.verification = new ContinuousVerification(
                freshness.verification(),
                () -> VerifyStores.open(redis, postgres),
                new ContinuousVerification.Changes(
                        changeFeed.status()::isRunning, changeFeed.status()::isCatchingUp, changeFeed.status()::limit));
    }

    private static FeedDatabase feedDatabase(Config config) {
        return FeedJdbc.of(
                config.freshness().changeFeedPostgres(), config.stores().postgres());
    }

    /**
     * Where the change feed is a must, a PostgreSQL that does not allow it is no place to start; one that is down is.
     *
     * @throws StartFailure when PostgreSQL says that something is lacking
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
            unknown = "interrupted";
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
    static Future<Optional<String>> problemOfTable(Config config) {
        FutureTask<Optional<String>> looking = new FutureTask<>(() -> {
            try (Connection connection = new PostgresJdbc(config.stores().postgres()).connect()) {
                return JdbcUsers.problem(connection);
            } catch (SQLException unknown) {
                LOG.debug("Whether the table can be used is not known yet", unknown);
                return Optional.empty();
            }
        });
        Thread.ofVirtual().name("table").start(looking);
        return looking;
    }

    /** What the change feed does at the moment. */
    FeedStatus feedStatus() {
        return changeFeed.status();
    }

    ContinuousVerification verification() {
        return verification;
    }

    void startChangeFeed() {
        changeFeed.start();
    }

    /** Waits until it is known whether changes are followed, no longer than this. */
    void awaitFirstOutcome(Duration longest) {
        changeFeed.awaitFirstOutcome(longest);
    }

    void startVerification() {
        verification.start();
    }

    @Override
    public void close() {
        verification.close();
        changeFeed.close();
        redis.close();
    }
}
