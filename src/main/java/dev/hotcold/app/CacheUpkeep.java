package dev.hotcold.app;

import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.config.Config;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.verify.ContinuousVerification;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
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

    private final BlockingRedis redis;
    private final ChangeFeed changeFeed;
    private final ContinuousVerification verification;

    CacheUpkeep(Config config, RedisResources redisResources) {
        Config.Freshness freshness = config.freshness();
        this.redis = new BlockingRedis(config.stores().redis().endpoint(), redisResources);
        this.changeFeed =
                new ChangeFeed(new PostgresJdbc(freshness.changeFeedPostgres()), freshness.changeFeed(), redis::open);
        this.verification = new ContinuousVerification(
                freshness.verification(),
                () -> VerifyStores.open(redis, new PostgresJdbc(config.stores().postgres())),
                changeFeed.status()::isRunning,
                changeFeed.status()::isCatchingUp);
    }

    /**
     * Where the change feed is a must, a PostgreSQL that does not allow it is no place to start; one that is down is.
     *
     * @throws StartFailure when PostgreSQL says that something is lacking
     */
    static void checkPrerequisites(Config.Freshness freshness) throws StartFailure {
        if (freshness.changeFeed().mode() != ChangeFeedSettings.Mode.ON) {
            return;
        }
        try {
            Optional<String> lacking =
                    ChangeFeed.prepare(new PostgresJdbc(freshness.changeFeedPostgres()), freshness.changeFeed());
            if (lacking.isPresent()) {
                throw new StartFailure("CHANGE_FEED is on, but " + lacking.get());
            }
        } catch (SQLException unreachable) {
            LOG.warn("Whether PostgreSQL allows the change feed is not known yet: {}", unreachable.getMessage());
        }
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
