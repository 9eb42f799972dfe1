package dev.hotcold.freshness;

import java.time.Duration;
import java.util.Optional;

/** What an event loop can prove of what it reads from the hot store. Thread-safe. */
public interface FreshnessProof {

    /** How old what is read now may be; empty = nothing is proven. */
    Optional<Duration> provenStaleness();

    /** How old hits were; of those that nothing proves there is none. */
    HitAges hitAges();
}
