package dev.hotcold.app.command;

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
import dev.hotcold.user.UserId;
import dev.hotcold.verify.Verification;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares Redis with PostgreSQL. */
@Command(
        name = "verify",
        description = {
            "Compare what Redis holds with PostgreSQL.",
            "One that differs is looked at again for 1.5 seconds, so that a change on its way does not count.",
            "Prints the ids of those that are stale. Exit code 0: none, 1: some, or the comparison failed.",
            "A running service compares all the time as well, and removes what is stale (VERIFY_USERS_PER_SECOND)."
        })
final class VerifyCommand implements Callable<Integer> {

    private static final int PAGE = 500;
    private static final long PROGRESS_NANOS = 1_000_000_000L;

    @Option(names = "--sample", paramLabel = "N", description = "How many users to compare (${DEFAULT-VALUE}).")
    private int sample = 1000;

    @Option(names = "--all", description = "Compare all users in Redis.")
    private boolean all;

    @Option(
            names = "--remove",
            description = "Remove those that are stale from Redis; the next lookup reads them anew.")
    private boolean remove;

    @Override
    public Integer call() throws InterruptedException {
        Optional<Config> loaded = Environment.load(Set.of(Store.POSTGRES, Store.REDIS));
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        Config config = loaded.get();
        if (sample < 1) {
            Console.error("--sample must be 1 or more");
            return Environment.WRONG_SETTINGS;
        }
        RedisSettings hot = config.stores().redis();
        try (RedisResources resources = new RedisResources(false);
                BlockingRedis redis =
                        new BlockingRedis(hot.endpoint(), hot.cache().keys(), resources);
                VerifyStores stores = VerifyStores.open(
                        redis, new PostgresJdbc(config.stores().postgres()))) {
            return compare(stores);
        } catch (SQLException failure) {
            Console.error("PostgreSQL: " + failure.getMessage());
            return 1;
        } catch (HotStoreException failure) {
            Console.error(String.valueOf(failure.getMessage()));
            return 1;
        }
    }

    private int compare(VerifyStores stores) throws SQLException, InterruptedException {
        Verification verification = new Verification(stores.cached(), stores.stored());
        Set<UserId> stale = new LinkedHashSet<>();
        long keys = stores.keys();
        long compared = 0;
        long inFlight = 0;
        long toldAt = System.nanoTime();
        do {
            List<UserId> ids = stores.cached().next(PAGE);
            int most = Math.toIntExact(Math.min(ids.size(), all ? ids.size() : sample - compared));
            Verification.Findings findings = verification.compare(ids.subList(0, most));
            compared += findings.compared();
            inFlight += findings.inFlight();
            if (remove) {
                stores.cached().remove(findings.stale());
            }
            for (UserId id : findings.stale()) {
                if (stale.add(id)) {
                    System.out.println("stale: " + id + (remove ? ", removed" : ""));
                }
            }
            if (System.nanoTime() - toldAt >= PROGRESS_NANOS) {
                toldAt = System.nanoTime();
                System.err.println("compared " + compared + " users so far; Redis holds " + keys + " keys");
            }
        } while ((all || compared < sample) && !stores.cached().isAtStart());
        System.out.println("compared " + compared + " users: " + stale.size() + " stale, " + inFlight
                + " with a change on its way");
        return stale.isEmpty() ? 0 : 1;
    }
}
