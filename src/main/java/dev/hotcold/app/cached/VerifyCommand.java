package dev.hotcold.app.cached;

import dev.hotcold.app.VerifyStores;
import dev.hotcold.user.UserId;
import dev.hotcold.verify.Verification;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares Redis with PostgreSQL. */
@Command(
        name = "verify",
        description = {
            "Compare what Redis holds with PostgreSQL.",
            "One that differs is looked at again for 1.5 seconds, so that a change on its way does not count.",
            "Prints the ids of those that are stale. Exit code 0: none, 1: some, or the comparison failed.",
            "A running service compares all the time as well, and removes what is stale (VERIFY_USERS_PER_SECOND)."
        })
public final class VerifyCommand implements Callable<Integer> {

    private static final int PAGE = 500;
    private static final long PROGRESS_NANOS = 1_000_000_000L;
    private static final String SAMPLE = "1000";

    /** Which users are compared. */
    static final class Which {

        @Option(names = "--sample", paramLabel = "N", description = "How many users to compare (" + SAMPLE + ").")
        private int sample = Integer.parseInt(SAMPLE);

        @Option(names = "--all", description = "Compare all users in Redis.")
        private boolean all;

        @Option(
                names = "--id",
                paramLabel = "ID",
                arity = "1..*",
                converter = UserIdConverter.class,
                description = "Compare these users, and say of each what came of it.")
        private List<UserId> ids = List.of();
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @ArgGroup
    private Which which = new Which();

    @Option(
            names = "--remove",
            description = "Remove those that are stale from Redis; the next lookup reads them anew.")
    private boolean remove;

    private final Set<UserId> stale = new LinkedHashSet<>();
    private long compared;
    private long inFlight;

    @Override
    public Integer call() throws InterruptedException {
        if (which.sample < 1) {
            throw new ParameterException(spec.commandLine(), "--sample must be 1 or more");
        }
        return ConnectedStores.run((stores, config) -> {
            Verification verification = new Verification(stores.cached(), stores.stored());
            if (which.ids.isEmpty()) {
                walk(stores, verification);
            } else {
                compareEach(stores, verification);
            }
            System.out.println("compared " + compared + " users: " + stale.size() + " stale, " + inFlight
                    + " with a change on its way");
            return stale.isEmpty() ? 0 : 1;
        });
    }

    private void walk(VerifyStores stores, Verification verification) throws SQLException, InterruptedException {
        long keys = stores.keys();
        long toldAt = System.nanoTime();
        do {
            List<UserId> ids = stores.cached().next(PAGE);
            int most = Math.toIntExact(Math.min(ids.size(), which.all ? ids.size() : which.sample - compared));
            compare(stores, verification, ids.subList(0, most));
            if (System.nanoTime() - toldAt >= PROGRESS_NANOS) {
                toldAt = System.nanoTime();
                System.err.println("compared " + compared + " users so far; Redis holds " + keys + " keys");
            }
        } while ((which.all || compared < which.sample) && !stores.cached().isAtStart());
    }

    private void compareEach(VerifyStores stores, Verification verification) throws SQLException, InterruptedException {
        List<UserId> ids = List.copyOf(new LinkedHashSet<>(which.ids));
        for (int from = 0; from < ids.size(); from += PAGE) {
            List<UserId> page = ids.subList(from, Math.min(ids.size(), from + PAGE));
            Set<UserId> cached = stores.cached().read(page).keySet();
            compare(stores, verification, page);
            for (UserId id : page) {
                if (!cached.contains(id)) {
                    System.out.println("not cached, or past its soft TTL: " + id);
                } else if (!stale.contains(id)) {
                    System.out.println("fresh: " + id);
                }
            }
        }
    }

    private void compare(VerifyStores stores, Verification verification, List<UserId> ids)
            throws SQLException, InterruptedException {
        Verification.Findings findings = verification.compare(ids);
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
    }
}
