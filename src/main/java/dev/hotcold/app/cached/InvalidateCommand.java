package dev.hotcold.app.cached;

import dev.hotcold.app.VerifyStores;
import dev.hotcold.app.console.Console;
import dev.hotcold.config.Config;
import dev.hotcold.hot.blocking.RedisCachedUsers;
import dev.hotcold.user.UserId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Removes users from Redis. */
@Command(
        name = "invalidate",
        description = {
            "Remove users from Redis, and notes of their absence; the next lookup reads them from PostgreSQL.",
            "What is being filled at that moment was maybe read before: it is not stored any more.",
            "With the change feed there is no need for it. Refuses where Redis has the cache of another deployment."
        })
public final class InvalidateCommand implements Callable<Integer> {

    private static final int PAGE = 1000;
    private static final int LONGEST_ANSWER = 16;
    private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(1);

    /** Which users are removed. */
    static final class Which {

        @Parameters(
                paramLabel = "ID",
                arity = "1..*",
                converter = UserIdConverter.class,
                description = "Users to remove.")
        private List<UserId> ids = List.of();

        @Option(
                names = "--all",
                description = "Remove all users whose keys have this REDIS_KEY_PREFIX, and no other keys.")
        private boolean all;
    }

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Which which;

    @Option(names = "--yes", description = "With --all: do not ask.")
    private boolean isSure;

    @Override
    public Integer call() throws InterruptedException {
        return ConnectedStores.run(
                (stores, config) -> which.all ? removeAll(stores, config) : removeEach(stores.cached()));
    }

    private int removeEach(RedisCachedUsers cached) {
        Set<UserId> ids = new LinkedHashSet<>(which.ids);
        Set<UserId> removed = cached.removeCached(List.copyOf(ids));
        ids.forEach(id -> System.out.println(id + (removed.contains(id) ? ": removed" : ": was not cached")));
        return 0;
    }

    private int removeAll(VerifyStores stores, Config config) {
        if (!isSure && !isConfirmed(stores, config)) {
            Console.error("nothing was removed");
            return 1;
        }
        // Twice: what is filled during the first walk under a lease of before may be behind it, and no lease of before
        // is left
        // after it.
        long removed = walk(stores);
        removed += walk(stores);
        System.out.println("removed " + removed + " users");
        return 0;
    }

    private static boolean isConfirmed(VerifyStores stores, Config config) {
        String prefix = config.stores().redis().cache().keys().toString();
        System.err.print("Remove all users of " + config.stores().redis()
                + (prefix.isEmpty() ? "" : " whose keys begin with " + prefix) + " (" + stores.keys()
                + " keys in all)? Type yes: ");
        System.err.flush();
        try {
            StringBuilder answer = new StringBuilder();
            int next = System.in.read();
            while (next >= 0 && next != '\n' && answer.length() < LONGEST_ANSWER) {
                answer.append((char) next);
                next = System.in.read();
            }
            return answer.toString().strip().toLowerCase(Locale.ROOT).equals("yes");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static long walk(VerifyStores stores) {
        long removed = 0;
        long toldAt = System.nanoTime();
        do {
            removed += stores.cached()
                    .removeCached(stores.cached().nextWithLeased(PAGE))
                    .size();
            if (System.nanoTime() - toldAt >= BETWEEN_REPORTS.toNanos()) {
                toldAt = System.nanoTime();
                System.err.println("removed " + removed + " users so far; Redis holds " + stores.keys() + " keys");
            }
        } while (!stores.cached().isAtStart());
        return removed;
    }
}
