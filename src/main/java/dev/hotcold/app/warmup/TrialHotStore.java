package dev.hotcold.app.warmup;

import dev.hotcold.hot.RedisHotStore;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.HotStore;
import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.loop.Completion;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Redis for lookups of users that there are not: reads it, asks it for leases, and stores for no longer than a moment. Where a
 * hit is to be exercised, a read that missed is taken for one.
 *
 * <p>Confined to: its event loop.
 */
final class TrialHotStore implements HotStore {

    private final RedisHotStore redis;
    private final TrialObserver observer;
    private boolean hits;

    /** @param observer what Redis reports to */
    TrialHotStore(RedisHotStore redis, TrialObserver observer) {
        this.redis = redis;
        this.observer = observer;
    }

    /** Whether reads are to be hits from now on. */
    void exerciseHits(boolean wanted) {
        hits = wanted;
    }

    @Override
    public void read(UserId id, Completion<HotRead> outcome) {
        redis.read(id, hits ? new Hits(id, outcome) : outcome);
    }

    /** Goes through what a value from Redis goes through. */
    private record Hits(UserId id, Completion<HotRead> outcome) implements Completion<HotRead> {

        @Override
        public void complete(HotRead read) {
            byte[] value = CachedUserCodec.write(new CachedUser(UserJson.encode(someUser(id)), Long.MAX_VALUE / 1_000));
            CachedUser cached = CachedUserCodec.read(id, value);
            outcome.complete(cached == null ? read : new HotRead.Hit(cached.user(), false));
        }

        @Override
        public void fail(Throwable cause) {
            outcome.fail(cause);
        }
    }

    static User someUser(UserId id) {
        return new User(id, "https://app.example.com/offers/1?a=b&c=d", "Grüße, \"Welt\"");
    }

    @Override
    public Future<HotRead> readAsLastResort(UserId id) {
        return redis.readAsLastResort(id);
    }

    @Override
    public boolean expectsMisses() {
        return false;
    }

    @Override
    public boolean isProvenWithin(Duration most) {
        return false;
    }

    @Override
    public boolean isFollowed() {
        return false;
    }

    @Override
    public Future<LeaseOutcome> lease(UserId id, long deadline) {
        return redis.lease(id, deadline);
    }

    @Override
    public Future<LeaseOutcome> leaseAhead(UserId id) {
        return redis.leaseAhead(id);
    }

    @Override
    public Future<LeaseOutcome> seizeLease(UserId id) {
        return redis.seizeLease(id);
    }

    @Override
    public void fill(UserId id, UserJson user, LeaseToken lease) {
        observer.fillBegins();
        redis.fillForAMoment(id, user, lease);
    }

    @Override
    public void fillAbsent(UserId id, LeaseToken lease) {
        redis.release(id, lease);
    }

    /** There is nothing to remove. */
    @Override
    public void invalidate(UserId id) {}

    @Override
    public void release(UserId id, LeaseToken lease) {
        redis.release(id, lease);
    }
}
