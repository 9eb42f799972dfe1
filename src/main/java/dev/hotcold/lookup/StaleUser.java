package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;
import java.time.Duration;

/**
 * A user beyond its soft TTL: what the hot store holds, and the answer where the cold store does not give a better one
 * (RFC 5861, stale-if-error).
 *
 * @param since how long ago the soft TTL ended
 */
public record StaleUser(UserJson user, Duration since) implements HotRead, LookupResult {}
