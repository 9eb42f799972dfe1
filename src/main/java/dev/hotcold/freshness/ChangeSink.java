package dev.hotcold.freshness;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The hot store as the change feed sees it: changes are applied to it in their order, by one feed at a time. Another one
 * that takes over shuts this one out, however late its commands arrive.
 *
 * <p>Confined to: the thread of its feed; it may block. All its methods fail with {@link HotStoreException}.
 */
public interface ChangeSink extends AutoCloseable {

    /**
     * Takes over from whoever applied changes before.
     *
     * @param history names the log that positions belong to: those of another say nothing
     * @return up to where its changes have been applied to what is stored now; empty = nobody knows
     */
    Optional<Lsn> takeOver(String history);

    /** Forgets up to where changes are applied: whoever takes over next must begin with nothing stored. */
    void forgetPosition();

    /**
     * Applies changes: no fill of what was read before can land from now on. What is stored of these users is replaced or
     * removed; nothing is stored that was not.
     *
     * @param changes applied in this order; may be none
     * @param refresh whether what is stored may be replaced; otherwise it is removed
     * @param holdOff how long no fill may begin; zero = each new snapshot of the database sees the changes already
     * @param position up to where all changes are applied hereafter; null = where it was
     * @return ends when they are applied, in the order of the calls
     */
    CompletableFuture<?> apply(List<UserChange> changes, boolean refresh, Duration holdOff, @Nullable Lsn position);

    /**
     * Removes all users, and keeps out fills of what was read before.
     *
     * @param meanwhile called again and again while it takes
     */
    void clear(Runnable meanwhile);

    @Override
    void close();
}
