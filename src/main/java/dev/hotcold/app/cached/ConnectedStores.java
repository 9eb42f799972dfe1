package dev.hotcold.app.cached;

import dev.hotcold.app.VerifyStores;
import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.console.Environment.Store;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.config.Config;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.connection.RedisResources;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;

/** Connects commands to both stores. What Redis has of another deployment is not to be used. */
final class ConnectedStores {

    private ConnectedStores() {}

    /** What a command does with them. */
    @FunctionalInterface
    interface Work {

        /**
         * Does it.
         *
         * @return the exit code
         */
        int run(VerifyStores stores, Config config) throws SQLException, InterruptedException;
    }

    /**
     * Does some work with the stores of the environment; tells what keeps it from that.
     *
     * @return the exit code
     */
    static int run(Work work) throws InterruptedException {
        Optional<Config> loaded = Environment.load(Set.of(Store.POSTGRES, Store.REDIS));
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        Config config = loaded.get();
        RedisSettings hot = config.stores().redis();
        try (RedisResources resources = new RedisResources(false);
                BlockingRedis redis =
                        new BlockingRedis(hot.endpoint(), hot.cache().keys(), resources);
                VerifyStores stores = VerifyStores.open(
                        redis, new PostgresJdbc(config.stores().postgres()))) {
            return work.run(stores, config);
        } catch (SQLException failure) {
            Console.error("PostgreSQL: " + failure.getMessage());
            return 1;
        } catch (HotStoreException failure) {
            Console.error(String.valueOf(failure.getMessage()));
            return 1;
        }
    }
}
