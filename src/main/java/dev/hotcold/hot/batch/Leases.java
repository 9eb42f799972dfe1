package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.LeaseReply;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.hot.link.RequestSource;
import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.AnswerSizes;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests for leases on their way through a Redis node: all of a turn travel as one script. An attempt that finds the lease
 * held is repeated after growing pauses, together with whatever else is due in that turn.
 *
 * <p>Confined to: its event loop.
 */
public final class Leases implements RequestSource {

    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    /** Users in one script: enough to share its cost, few enough that Redis is not held up by one. */
    private static final int MAX_BATCH = 256;

    private static final List<Duration> PAUSES =
            Stream.of(1, 2, 4, 8, 16, 32).map(Duration::ofMillis).toList();

    private final RedisLink link;
    private final Loop loop;
    private final LookupObserver observer;
    private final MissRatio misses;
    private final long leaseMillis;
    private final SoftTtl softTtl;
    private final AnswerSizes sizes;
    private final List<DeadlineQueue<LeaseAttempt>> pauses;
    private final String tokenPrefix;
    private long tokens;
    private List<LeaseAttempt> asking = new ArrayList<>();
    private List<LeaseAttempt> refreshingAhead = new ArrayList<>();
    private List<LeaseAttempt> seizing = new ArrayList<>();

    /**
     * @param leaseTime how long a lease lasts
     * @param sizes of users, which a reply has where others have stored them
     * @param softTtl judges what others have stored
     */
    public Leases(
            RedisLink link,
            Loop loop,
            LookupObserver observer,
            MissRatio misses,
            Duration leaseTime,
            SoftTtl softTtl,
            AnswerSizes sizes) {
        this.link = link;
        this.loop = loop;
        this.observer = observer;
        this.misses = misses;
        this.leaseMillis = leaseTime.toMillis();
        this.softTtl = softTtl;
        this.sizes = sizes;
        this.pauses = PAUSES.stream()
                .map(pause -> new DeadlineQueue<LeaseAttempt>(loop, pause))
                .toList();
        byte[] random = new byte[9];
        new SecureRandom().nextBytes(random);
        this.tokenPrefix = HexFormat.of().formatHex(random) + "-";
    }

    /**
     * Asks for a lease.
     *
     * @param deadline until when it is waited for, by the loop's clock
     */
    public Future<LeaseOutcome> ask(UserId id, long deadline) {
        return attempt(id, deadline, LeaseAttempt.Mode.ASK);
    }

    /** Asks once for the lease of a user whose soft TTL ends soon. */
    public Future<LeaseOutcome> askAhead(UserId id) {
        return attempt(id, loop.nanos(), LeaseAttempt.Mode.REFRESH_AHEAD);
    }

    /** Takes a lease from any holder. */
    public Future<LeaseOutcome> seize(UserId id) {
        return attempt(id, loop.nanos(), LeaseAttempt.Mode.SEIZE);
    }

    private Future<LeaseOutcome> attempt(UserId id, long giveUpAt, LeaseAttempt.Mode mode) {
        assert loop.isCurrent();
        LeaseAttempt attempt = new LeaseAttempt(this, id, giveUpAt, mode);
        submit(attempt);
        return attempt.future();
    }

    /** An attempt goes out with this turn. */
    void submit(LeaseAttempt attempt) {
        switch (attempt.mode()) {
            case ASK, REPAIR -> asking.add(attempt);
            case REFRESH_AHEAD -> refreshingAhead.add(attempt);
            case SEIZE -> seizing.add(attempt);
        }
        link.flushAtEndOfTurn();
    }

    @Override
    public void enqueueDue() {
        long now = loop.epochMillis();
        if (!asking.isEmpty()) {
            List<LeaseAttempt> attempts = asking;
            asking = new ArrayList<>();
            enqueue(attempts, now);
        }
        if (!refreshingAhead.isEmpty()) {
            List<LeaseAttempt> attempts = refreshingAhead;
            refreshingAhead = new ArrayList<>();
            enqueue(attempts, now + softTtl.horizon().toMillis());
        }
        if (!seizing.isEmpty()) {
            List<LeaseAttempt> attempts = seizing;
            seizing = new ArrayList<>();
            enqueue(attempts, now);
        }
    }

    private void enqueue(List<LeaseAttempt> attempts, long softTtlUntil) {
        int most = Math.min(MAX_BATCH, sizes.maxIds());
        for (int start = 0; start < attempts.size(); start += most) {
            List<LeaseAttempt> batch = attempts.subList(start, Math.min(attempts.size(), start + most));
            link.enqueue(new LeaseBatch(this, batch, nextToken(), leaseMillis, softTtlUntil));
        }
    }

    /** The keys of the node. */
    UserKeys keys() {
        return link.keys();
    }

    private LeaseToken nextToken() {
        return new LeaseToken(tokenPrefix + Long.toString(tokens++, Character.MAX_RADIX));
    }

    /**
     * The script has answered an attempt.
     *
     * @param value what is cached; null = {@code answer} counts
     */
    void answered(LeaseAttempt attempt, LeaseToken token, byte @Nullable [] value, long answer) {
        try {
            if (value != null) {
                cached(attempt, value);
            } else if (answer == LeaseReply.GRANTED) {
                end(attempt, new LeaseOutcome.Granted(token));
            } else if (answer == LeaseReply.KNOWN_ABSENT && softTtl.isYoungEnough()) {
                end(attempt, LeaseOutcome.Other.KNOWN_ABSENT);
            } else if (answer == LeaseReply.HELD) {
                pause(attempt);
            } else {
                // FORBIDDEN, by a change, or known to be absent in a Redis that may be behind.
                end(attempt, LeaseOutcome.Other.DENIED);
            }
        } catch (RuntimeException unforeseen) {
            // The attempts behind this one in the batch must not suffer from it.
            LOG.error("A request for a lease failed unexpectedly", unforeseen);
            attempt.complete(LeaseOutcome.Other.DENIED);
        }
    }

    private void cached(LeaseAttempt attempt, byte[] value) {
        CachedUser user = CachedUserCodec.read(attempt.id(), value);
        if (user != null) {
            end(attempt, new LeaseOutcome.Filled(user.user(), !softTtl.isYoungEnough()));
        } else {
            observer.hotValueRejected();
            if (loop.nanos() < attempt.giveUpAt()) {
                attempt.repair();
            } else {
                end(attempt, LeaseOutcome.Other.DENIED);
            }
        }
    }

    private void pause(LeaseAttempt attempt) {
        int step = Math.min(attempt.nextPause(), PAUSES.size() - 1);
        if (loop.nanos() + PAUSES.get(step).toNanos() >= attempt.giveUpAt()) {
            end(attempt, LeaseOutcome.Other.DENIED);
        } else {
            pauses.get(step).add(attempt);
        }
    }

    private void end(LeaseAttempt attempt, LeaseOutcome ending) {
        observer.leaseEnded(ending);
        if (attempt.mode() != LeaseAttempt.Mode.REFRESH_AHEAD) {
            misses.add(!(ending instanceof LeaseOutcome.Filled));
        }
        attempt.complete(ending);
    }

    void failed(List<LeaseAttempt> attempts, Failure why) {
        // Reads find out what is wrong and for how long; they also reach a Redis that grants no leases.
        misses.reset();
        observer.leasesFailed(attempts.size(), why);
        StoreFailure failure = new StoreFailure("Redis", why);
        for (LeaseAttempt attempt : attempts) {
            attempt.fail(failure);
        }
    }
}
