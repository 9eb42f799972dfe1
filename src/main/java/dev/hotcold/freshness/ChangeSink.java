package dev.hotcold.freshness;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The hot store as one session of the change feed writes to it: changes are applied in order, by one session at a time. Each
 * command is fenced by its session: once another session has taken over, those of this one are rejected, however late they
 * arrive.
 *
 * <p>Confined to: the thread of its feed, which it may block. All its methods fail with {@link HotStoreException}.
 */
public interface ChangeSink extends AutoCloseable {

    /**
     * What the hot store says of changes that were applied to it.
     *
     * @param log names the log that positions belong to: those of others are not comparable; "" = unknown
     * @param position up to where the changes of that log are applied to what is cached now; empty = unknown
     * @param notedBy the session that has noted the position; "" = unknown
     */
    record Applied(String log, Optional<Lsn> position, String notedBy) {}

    /**
     * Who feeds the hot store.
     *
     * @param session of the feed, which no other has; "" = there was none
     * @param life changes while the session lives; "" = it is of a version that does not show
     * @param log that it follows; "" = it does not say
     */
    record Followed(String session, String life, String log) {}

    /** This session, by a name that no other has. */
    String session();

    /** Who feeds the hot store at this moment, or did so last. */
    Followed followed();

    /**
     * Takes over from the previous session. What is known stays as it is, so that a session that ends at once changes nothing.
     *
     * @param log that this session follows
     */
    Applied takeOver(String log);

    /**
     * Positions are of this log from now on. To be called where there is none, or where that log continues the one that it was
     * noted for.
     */
    void continueWith(String log);

    /** Whether it is known up to where changes are applied. */
    boolean hasPosition();

    /**
     * Whether there is any user to lose.
     *
     * @param keepAlive called every now and then while it takes
     */
    boolean holdsUsers(Runnable keepAlive);

    /**
     * Removes the position up to which changes are applied, so that the next session must flush the cache first.
     *
     * @return whether there was one
     */
    boolean clearPosition();

    /**
     * Applies changes: fills of what was read before are rejected from now on. What is cached of these users is replaced or
     * removed; nothing is cached that was not.
     *
     * @param changes applied in this order; may be none
     * @param refresh whether what is cached may be replaced; otherwise it is removed
     * @param holdOff how long no fill may begin; zero = each new snapshot of the database sees the changes already
     * @param position up to where all changes are applied with these; null = unchanged
     * @return completes when they are applied, in the order of the calls
     */
    CompletableFuture<?> apply(List<UserChange> changes, boolean refresh, Duration holdOff, @Nullable Lsn position);

    /**
     * Counts a beat behind all that was applied: readers prove by it how old what they read is at most.
     *
     * @return completes when it is counted
     */
    CompletableFuture<?> beat();

    /** Shows that this session lives, also while nothing can be proven by it. What becomes of that is not heard of. */
    void showLife();

    /**
     * Says that this session is to be the next one, while another is still at work.
     *
     * @return whether that is noted; otherwise another instance is to be it
     */
    boolean stand();

    /** Says that this session, which is to be the next one, could begin at once. */
    void ready();

    /** Says that this session is not to be the next one after all. */
    void withdraw();

    /** Whether another session could begin at once. */
    boolean isNextReady();

    /** Tells others that this session is to end before long, so that one of them can prepare. Fails silently. */
    void announceEnd();

    /** Tells others that this session ends, so that one of them can go on at once. Fails silently. */
    void leave();

    /**
     * Rejects fills of what was read before.
     *
     * @param keepAlive called every now and then while it takes
     */
    void endLeases(Runnable keepAlive);

    /**
     * Removes all users, and rejects fills of what was read before.
     *
     * @param keepAlive called every now and then while it takes
     * @return how many users there were
     */
    long flush(Runnable keepAlive);

    @Override
    void close();
}
