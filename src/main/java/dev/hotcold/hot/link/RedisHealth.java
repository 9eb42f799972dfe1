package dev.hotcold.hot.link;

import dev.hotcold.loop.StoreHealth;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/**
 * The health of one Redis node as one event loop sees it, aspect by aspect: a Redis that is full or read-only still reads.
 * Written on the loop, read by any thread.
 */
public final class RedisHealth {

    /** What can fail by itself. */
    public enum Aspect {
        /** Connecting and reading. */
        READS("Redis"),
        /** The circuit breaker: whether Redis is used at all. */
        BREAKER("Redis (breaker)"),
        /** Granting leases. */
        LEASES("Redis (leases)"),
        /** Storing. */
        FILLS("Redis (fills)"),
        /** Sending invalidations to the near cache. */
        NEAR_CACHE("Redis (near cache)"),
        /** Having this deployment's cache and no other's. */
        DEPLOYMENT("Redis (deployment)"),
        /** Proving how old what it has is. */
        PROOF("Redis (proof)");

        private final String title;

        Aspect(String title) {
            this.title = title;
        }
    }

    private final Map<Aspect, StoreHealth> aspects = new EnumMap<>(Aspect.class);

    public RedisHealth() {
        for (Aspect aspect : Aspect.values()) {
            aspects.put(aspect, new StoreHealth(aspect.title));
        }
    }

    /** The health of one aspect. */
    public StoreHealth of(Aspect aspect) {
        StoreHealth health = aspects.get(aspect);
        if (health == null) {
            throw new IllegalStateException("no health of " + aspect);
        }
        return health;
    }

    /** All aspects. */
    public Collection<StoreHealth> all() {
        return aspects.values();
    }
}
