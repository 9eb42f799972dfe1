package dev.hotcold.changefeed.recent;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what a hot store is told.
 *
 * <p>Confined to: the thread of its feed.
 */
final class RecordedSink implements ChangeSink {

    private final ChangeSink sink;
    private final RecentChanges recent;

    RecordedSink(ChangeSink sink, RecentChanges recent) {
        this.sink = sink;
        this.recent = recent;
    }

    @Override
    public Followed followed() {
        return sink.followed();
    }

    @Override
    public String session() {
        return sink.session();
    }

    @Override
    public Applied takeOver(String log) {
        recent.began(sink.session());
        return sink.takeOver(log);
    }

    @Override
    public void continueWith(String log) {
        sink.continueWith(log);
    }

    @Override
    public boolean hasPosition() {
        return sink.hasPosition();
    }

    @Override
    public boolean holdsUsers(Runnable keepAlive) {
        return sink.holdsUsers(keepAlive);
    }

    @Override
    public boolean clearPosition() {
        recent.forget();
        return sink.clearPosition();
    }

    @Override
    public CompletableFuture<?> apply(
            List<UserChange> changes, boolean refresh, Duration holdOff, @Nullable Lsn position) {
        recent.applied(changes.stream().map(UserChange::id).toList(), position);
        return sink.apply(changes, refresh, holdOff, position);
    }

    @Override
    public CompletableFuture<?> beat() {
        return sink.beat();
    }

    @Override
    public void showLife() {
        sink.showLife();
    }

    @Override
    public boolean stand() {
        return sink.stand();
    }

    @Override
    public void ready() {
        sink.ready();
    }

    @Override
    public void withdraw() {
        sink.withdraw();
    }

    @Override
    public boolean isNextReady() {
        return sink.isNextReady();
    }

    @Override
    public void announceEnd() {
        sink.announceEnd();
    }

    @Override
    public void leave() {
        sink.leave();
    }

    @Override
    public void endLeases(Runnable keepAlive) {
        sink.endLeases(keepAlive);
    }

    @Override
    public long flush(Runnable keepAlive) {
        recent.forget();
        return sink.flush(keepAlive);
    }

    @Override
    public void close() {
        sink.close();
    }
}
