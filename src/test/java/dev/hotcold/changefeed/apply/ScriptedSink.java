package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.testkit.ManualBlockingTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A hot store that writes down what it gets, with the millisecond, and replies at once or by hand. */
public final class ScriptedSink implements ChangeSink {

    private final ManualBlockingTime time;
    private final List<String> events;
    private final List<CompletableFuture<Integer>> replies = new ArrayList<>();
    private boolean repliesAtOnce = true;
    private boolean holdsUsers = true;
    private boolean nextIsReady;
    private Followed followed = new Followed("", "", "");
    private int beats;
    private int signs;
    private int flushesLeft = Integer.MAX_VALUE;

    /** @param events where to write */
    public ScriptedSink(ManualBlockingTime time, List<String> events) {
        this.time = time;
        this.events = events;
    }

    void holdReplies() {
        repliesAtOnce = false;
    }

    void replyAtOnce() {
        repliesAtOnce = true;
    }

    /** Flushes fail after so many. */
    void failFlushesAfter(int flushes) {
        flushesLeft = flushes;
    }

    /** @param batch counted from 0 */
    void reply(int batch) {
        replies.get(batch).complete(1);
    }

    /** @param batch counted from 0 */
    void fail(int batch, Throwable failure) {
        replies.get(batch).completeExceptionally(failure);
    }

    /** Who feeds it. */
    public void isFollowed(Followed by) {
        followed = by;
    }

    @Override
    public Followed followed() {
        return followed;
    }

    @Override
    public String session() {
        return "scripted";
    }

    @Override
    public Applied takeOver(String log) {
        return new Applied(log, Optional.empty(), "");
    }

    @Override
    public void continueWith(String log) {
        write("continue with " + log);
    }

    @Override
    public boolean hasPosition() {
        return true;
    }

    @Override
    public boolean holdsUsers(Runnable keepAlive) {
        return holdsUsers;
    }

    /** Nothing is cached. */
    public void empty() {
        holdsUsers = false;
    }

    @Override
    public boolean clearPosition() {
        write("clear position");
        return true;
    }

    @Override
    public CompletableFuture<?> apply(
            List<UserChange> changes, boolean refresh, Duration holdOff, @Nullable Lsn position) {
        write("apply "
                + changes.stream()
                        .map(change -> (change instanceof UserChange.Stored ? "+" : "-") + change.id())
                        .collect(Collectors.joining(" ", "[", "]"))
                + (refresh ? " refresh" : "")
                + (holdOff.isZero() ? "" : " hold " + holdOff.toMillis())
                + (position == null ? "" : " to " + position));
        CompletableFuture<Integer> reply = new CompletableFuture<>();
        replies.add(reply);
        if (repliesAtOnce) {
            reply.complete(1);
        }
        // As an adapter does it: a failure arrives wrapped.
        return reply.handle((done, failure) -> {
            if (failure instanceof HotStoreException refused) {
                throw refused;
            }
            if (failure != null) {
                throw new IllegalStateException("broken", failure);
            }
            return done;
        });
    }

    /** How many beats were counted. */
    public int beats() {
        return beats;
    }

    @Override
    public CompletableFuture<?> beat() {
        beats++;
        return CompletableFuture.completedFuture(1);
    }

    @Override
    public void showLife() {
        signs++;
    }

    /** How often it was shown that the session lives. */
    public int signsOfLife() {
        return signs;
    }

    /** Another instance could go on at once. */
    public void nextIsReady() {
        nextIsReady = true;
    }

    @Override
    public boolean isNextReady() {
        return nextIsReady;
    }

    @Override
    public boolean stand() {
        write("stand");
        return true;
    }

    @Override
    public void ready() {
        write("ready");
    }

    @Override
    public void withdraw() {
        write("withdraw");
    }

    @Override
    public void announceEnd() {
        write("announce end");
    }

    @Override
    public void leave() {
        write("leave");
    }

    @Override
    public void endLeases(Runnable keepAlive) {
        keepAlive.run();
        write("end leases");
    }

    @Override
    public long flush(Runnable keepAlive) {
        keepAlive.run();
        if (flushesLeft-- == 0) {
            throw new HotStoreException("Redis: gone");
        }
        write("flush");
        return 0;
    }

    @Override
    public void close() {
        write("close");
    }

    private void write(String event) {
        events.add(time.passed().toMillis() + ": " + event);
    }
}
