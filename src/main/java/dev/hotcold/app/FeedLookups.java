package dev.hotcold.app;

import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.changefeed.LookupSide;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.blocking.RedisCachedUsers;
import dev.hotcold.verify.Verification;
import io.vertx.core.Future;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** The lookups of all event loops, as the change feed needs them. Thread-safe. */
final class FeedLookups implements LookupSide {

    private final BlockingRedis redis;
    private final PostgresJdbc postgres;
    private volatile List<Supplier<Future<Boolean>>> loops = List.of();

    /** @param postgres as lookups have it */
    FeedLookups(BlockingRedis redis, PostgresJdbc postgres) {
        this.redis = redis;
        this.postgres = postgres;
    }

    /** @param trials for each event loop, whether its lookups reach PostgreSQL */
    void are(List<Supplier<Future<Boolean>>> trials) {
        loops = List.copyOf(trials);
    }

    @Override
    public CompletableFuture<Boolean> reachDatabase() {
        List<Future<Boolean>> trials;
        try {
            trials = loops.stream().map(Supplier::get).toList();
        } catch (RejectedExecutionException ended) { // the event loops, and the feed is about to
            return CompletableFuture.completedFuture(false);
        }
        return Future.all(trials)
                .map(all -> trials.stream().allMatch(Future::result))
                .toCompletionStage()
                .toCompletableFuture();
    }

    @Override
    public int removeDiffering(Connection lookups, Runnable keepAlive) throws SQLException {
        JdbcUsers users = JdbcUsers.of(postgres, lookups);
        try (RedisCachedUsers cached = redis.openUsers(users.deployment())) {
            return new Verification(cached, users).removeDiffering(keepAlive);
        }
    }
}
