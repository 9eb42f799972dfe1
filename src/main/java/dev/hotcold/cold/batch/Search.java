package dev.hotcold.cold.batch;

import dev.hotcold.user.UserId;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What is known of a query that failed, and of those that were made of it by {@link Bisection}.
 *
 * <p>Confined to: its event loop.
 */
final class Search {

    /** Queries that fail while none is answered: then it is not the rows. To find one id takes nine. */
    static final int HOPELESS = 24;

    /** Ids whose query failed although it was for no other. */
    final Set<UserId> culprits = new LinkedHashSet<>();

    /** What the last query failed by. */
    String problem = "";

    int failures;
    int answers;

    /** Queries that have not ended, and parts that wait. */
    int outstanding;

    boolean isHopeless() {
        return answers == 0 && failures >= HOPELESS;
    }
}
