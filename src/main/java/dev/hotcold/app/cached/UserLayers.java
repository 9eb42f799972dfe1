package dev.hotcold.app.cached;

import dev.hotcold.app.jdbc.FeedJdbc;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.config.Config;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.blocking.RedisProbe;
import dev.hotcold.hot.blocking.RedisView;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What each layer has of a user at one moment.
 *
 * @param redis what Redis has
 * @param postgres what PostgreSQL has
 * @param isProven whether what Redis has is proven fresh: the change feed counts beats there
 * @param whyNotDemanded why no proof is demanded; "" = it is
 */
record UserLayers(UserId id, Hot redis, Cold postgres, boolean isProven, String whyNotDemanded) {

    /** Some beats, and a late one. */
    private static final Duration BEATS = Duration.ofMillis(400);

    /** What Redis has. */
    sealed interface Hot {

        /** It does not answer. */
        record Failed(String why) implements Hot {}

        /** It does. */
        record Seen(RedisView view) implements Hot {}
    }

    /** What PostgreSQL has. */
    sealed interface Cold {

        /** It does not answer. */
        record Failed(String why) implements Cold {}

        /**
         * It does.
         *
         * @param user empty = there is no such user
         */
        record Seen(Deployment deployment, Optional<User> user) implements Cold {}
    }

    /** Looks at both; takes as long as some beats of the change feed. */
    static UserLayers look(UserId id, Config config) throws InterruptedException {
        RedisSettings hot = config.stores().redis();
        String feed = hot.cache().feed();
        try (RedisResources resources = new RedisResources(false);
                BlockingRedis redis =
                        new BlockingRedis(hot.endpoint(), hot.cache().keys(), resources)) {
            Hot first = hot(redis, id, feed);
            Cold postgres = cold(id, config);
            boolean isProven = first instanceof Hot.Seen(RedisView view) && goesOn(redis, feed, view.feed());
            return new UserLayers(id, first, postgres, isProven, whyNotDemanded(config, isProven));
        }
    }

    private static Hot hot(BlockingRedis redis, UserId id, String feed) {
        try (RedisProbe probe = redis.probe(feed)) {
            return new Hot.Seen(probe.look(id));
        } catch (HotStoreException failure) {
            return new Hot.Failed(String.valueOf(failure.getMessage()));
        }
    }

    private static boolean goesOn(BlockingRedis redis, String feed, RedisView.Feed before) throws InterruptedException {
        if (before.session().isEmpty()) {
            return false;
        }
        Thread.sleep(BEATS);
        try (RedisProbe probe = redis.probe(feed)) {
            return probe.feed().hasGoneOnSince(before);
        } catch (HotStoreException gone) {
            return false;
        }
    }

    private static Cold cold(UserId id, Config config) {
        PostgresJdbc postgres = new PostgresJdbc(config.stores().postgres());
        try (Connection connection = postgres.connect()) {
            JdbcUsers users = JdbcUsers.of(postgres, connection);
            Optional<User> user = Optional.ofNullable(users.read(List.of(id)).get(id));
            return new Cold.Seen(users.deployment(), user);
        } catch (SQLException failure) {
            return new Cold.Failed("PostgreSQL: " + failure.getMessage());
        }
    }

    private static String whyNotDemanded(Config config, boolean isProven) {
        ChangeFeedSettings feed = config.freshness().changeFeed();
        if (config.stores().redis().cache().maxStaleness().isZero()) {
            return "MAX_STALENESS_MS is 0";
        }
        if (feed.mode() == ChangeFeedSettings.Mode.OFF) {
            return "CHANGE_FEED is off";
        }
        if (isProven || feed.mode() == ChangeFeedSettings.Mode.ON) {
            return "";
        }
        try {
            return ChangeFeed.missing(
                            FeedJdbc.of(
                                    config.freshness().changeFeedPostgres(),
                                    config.stores().postgres()),
                            feed)
                    .map(missing -> "PostgreSQL does not allow the change feed: " + missing)
                    .orElse("");
        } catch (SQLException unknown) {
            return "";
        }
    }

    /** Whether what is cached may be served as it is. */
    boolean isYoungEnough() {
        return isProven || !whyNotDemanded.isEmpty();
    }

    /** Why Redis has nothing that this deployment may use; empty = it may. */
    Optional<String> refusal() {
        if (!(redis instanceof Hot.Seen(RedisView view))) {
            return Optional.empty();
        }
        Optional<Deployment> own =
                postgres instanceof Cold.Seen seen ? Optional.of(seen.deployment()) : Optional.empty();
        return view.mark().flatMap(mark -> mark.refusal(own));
    }
}
