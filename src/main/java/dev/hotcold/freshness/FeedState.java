package dev.hotcold.freshness;

/** Whether changes of the database reach the hot store. Thread-safe. */
public interface FeedState {

    /** Whether they are followed at this moment, by this instance or another, as far as this one knows. */
    boolean isRunning();

    /**
     * Whether they are to be followed: what is cached is to be proven fresh. Not so where the change feed is off, or lacks what it
     * needs; then what is cached lives for its TTL.
     */
    boolean isExpected();

    /**
     * Somebody follows changes at this moment, or is about to.
     *
     * @param log that is followed; called now and then, with the same log too
     * @return whether it is one of the past, as far as is known here: a newer one has begun
     */
    boolean heardOf(FollowedLog log);

    /** Whether a log is one of the past, as far as is known here. Hears nothing. */
    boolean isOfThePast(FollowedLog log);

    /** Whoever follows changes says that it ends: another instance may go on at once. */
    void ownerLeft();

    /** The owner of the slot is to end before long, and one of the others is to prepare. */
    void ownerLeaves();
}
