package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;
import java.time.Duration;

/**
 * A user beyond its soft TTL, or one that cannot be proven as young as is demanded: what the hot store holds, and the answer where
 * the cold store does not give a better one (RFC 5861, stale-if-error).
 *
 * @param since how long ago the soft TTL ended; zero where it has not
 * @param isUnproven whether it is only that nothing proves how old the user is
 */
public record StaleUser(UserJson user, Duration since, boolean isUnproven) implements HotRead, LookupResult {

    /** One whose soft TTL is over. */
    public StaleUser(UserJson user, Duration since) {
        this(user, since, false);
    }

    /** One that nothing proves fresh. */
    public static StaleUser unproven(UserJson user) {
        return new StaleUser(user, Duration.ZERO, true);
    }
}
