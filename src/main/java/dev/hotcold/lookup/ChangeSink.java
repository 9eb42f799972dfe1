package dev.hotcold.lookup;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The hot store as the change feed sees it: changes are applied to it in their order, by one feed at a time. Another one
 * that takes over shuts this one out, however late its commands arrive.
 *
 * <p>Confined to: the thread of its feed; it may block. All its methods fail with {@link ChangeSinkException}.
 */
public interface ChangeSink extends AutoCloseable {

    /**
     * Takes over from whoever applied changes before.
     *
     * @return up to where changes have been applied to what is stored now; empty = nobody knows
     */
    Optional<Lsn> takeOver();

    /**
     * Applies changes: no fill begun before can land from now on, nor one begun shortly after, whose read may not have
     * seen the change yet. What is stored of these users is replaced or removed; nothing is stored that was not.
     *
     * @param changes applied in this order; may be none
     * @param refresh whether what is stored may be replaced; otherwise it is removed
     * @param position up to where all changes are applied hereafter; null = where it was
     * @return ends when they are applied, in the order of the calls
     */
    CompletableFuture<?> apply(List<UserChange> changes, boolean refresh, @Nullable Lsn position);

    /**
     * Removes all users, and keeps out fills of what was read before. What was read within the hold-off from a change on
     * may have missed the change all the same, so that all must be removed once more after it.
     *
     * @param meanwhile called again and again while it takes
     */
    void clear(Runnable meanwhile);

    /** How long no fill may begin after a change was applied. */
    Duration holdOff();

    @Override
    void close();
}
