package dev.hotcold.config;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.local.LocalSettings;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.ops.ManagementSettings;
import dev.hotcold.verify.VerifySettings;
import java.time.Duration;
import java.util.Optional;

/** All settings, validated: one record per component, grouped by what they are for. */
public record Config(Serving serving, Stores stores, Freshness freshness, LocalSettings local) {

    /**
     * How requests are served.
     *
     * @param budget how long a request may take
     * @param shutdownDelay how long SIGTERM leaves the service serving; empty = as the service finds right
     * @param ioUring whether the event loops run on io_uring, if the kernel allows it
     */
    public record Serving(
            HttpSettings http,
            ManagementSettings management,
            RequestBudget budget,
            Optional<Duration> shutdownDelay,
            boolean ioUring) {}

    /** Where users are read from. */
    public record Stores(PostgresSettings postgres, RedisSettings redis) {}

    /**
     * How Redis is kept up to date.
     *
     * @param changeFeedPostgres the server as the change feed reaches it; that of the stores unless set apart
     * @param verification how often Redis is compared with PostgreSQL
     */
    public record Freshness(
            ChangeFeedSettings changeFeed, PostgresSettings changeFeedPostgres, VerifySettings verification) {}

    /** The same with as many connections of clients. */
    public Config withConnections(int most) {
        return new Config(
                new Serving(
                        serving.http().withConnections(most),
                        serving.management(),
                        serving.budget(),
                        serving.shutdownDelay(),
                        serving.ioUring()),
                stores,
                freshness,
                local);
    }

    /** The same with the servers that were started for what was unset. */
    public Config with(Stores started) {
        PostgresSettings feedPostgres =
                freshness.changeFeedPostgres().isEmbedded() ? started.postgres() : freshness.changeFeedPostgres();
        return new Config(
                serving, started, new Freshness(freshness.changeFeed(), feedPostgres, freshness.verification()), local);
    }
}
