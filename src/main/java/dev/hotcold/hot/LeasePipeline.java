package dev.hotcold.hot;

import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.RedisCommand;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests for leases on their way through Redis: all of one turn travel as one script. Those that find the lease held
 * ask again after growing pauses, together with whatever else is due in that turn.
 *
 * <p>Confined to: its event loop.
 */
final class LeasePipeline {

    private static final Logger LOG = LoggerFactory.getLogger(LeasePipeline.class);

    /** Users in one script: enough to share its cost, few enough that Redis is not held up by one. */
    private static final int MAX_BATCH = 256;

    private static final List<Duration> PAUSES =
            Stream.of(1, 2, 4, 8, 16, 32).map(Duration::ofMillis).toList();

    /** How a lease is asked for. */
    private enum Manner {
        /** Unless something is cached. */
        ASK,
        /** Although something is cached: it is damaged. */
        REPAIR,
        /** Although something is cached: its time ends soon. */
        RENEW,
        /** Whoever holds it. */
        SEIZE
    }

    private final LookupObserver observer;
    private final Loop loop;
    private final StoreHealth health;
    private final RedisBreaker breaker;
    private final MissRatio misses;
    private final Duration leaseTime;
    private final long renewMillis;
    private final Runnable somethingToSend;
    private final Consumer<RedisCommand<byte[], byte[], ?>> sendAgain;
    private final DeadlineQueue<Batch> sent;
    private final List<DeadlineQueue<Attempt>> pauses;
    private final String tokenPrefix;
    private long tokens;
    private List<Attempt> asking = new ArrayList<>();
    private List<Attempt> renewing = new ArrayList<>();
    private List<Attempt> seizing = new ArrayList<>();

    /**
     * @param leaseTime how long a lease lasts
     * @param renewTime the longest before the end of a user's time that the user is renewed
     * @param replyTime how long a batch may wait for its reply
     * @param somethingToSend called when requests wait to be sent
     * @param sendAgain takes a command that must follow another
     */
    LeasePipeline(
            LookupObserver observer,
            StoreHealth health,
            RedisBreaker breaker,
            MissRatio misses,
            Loop loop,
            Duration leaseTime,
            Duration renewTime,
            Duration replyTime,
            Runnable somethingToSend,
            Consumer<RedisCommand<byte[], byte[], ?>> sendAgain) {
        this.observer = observer;
        this.loop = loop;
        this.health = health;
        this.breaker = breaker;
        this.misses = misses;
        this.leaseTime = leaseTime;
        this.renewMillis = renewTime.toMillis();
        this.somethingToSend = somethingToSend;
        this.sendAgain = sendAgain;
        this.sent = new DeadlineQueue<>(loop, replyTime);
        this.pauses = PAUSES.stream()
                .map(pause -> new DeadlineQueue<Attempt>(loop, pause))
                .toList();
        byte[] random = new byte[9];
        new SecureRandom().nextBytes(random);
        this.tokenPrefix = HexFormat.of().formatHex(random) + "-";
    }

    /** Asks for a lease until the deadline. */
    Future<LeaseOutcome> ask(UserId id, long deadline) {
        Attempt attempt = new Attempt(id, deadline, Manner.ASK);
        submit(attempt);
        return attempt.outcome.future();
    }

    /** Asks once for the lease of a user whose time ends soon. */
    Future<LeaseOutcome> renew(UserId id) {
        Attempt attempt = new Attempt(id, loop.nanos(), Manner.RENEW);
        submit(attempt);
        return attempt.outcome.future();
    }

    /** Takes a lease. */
    Future<LeaseOutcome> seize(UserId id) {
        Attempt attempt = new Attempt(id, loop.nanos(), Manner.SEIZE);
        submit(attempt);
        return attempt.outcome.future();
    }

    /** Adds the commands of what was asked for since the last time. */
    void sendInto(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        if (!asking.isEmpty()) {
            List<Attempt> attempts = asking;
            asking = new ArrayList<>();
            send(Script.LEASE, attempts, outgoing);
        }
        if (!renewing.isEmpty()) {
            List<Attempt> attempts = renewing;
            renewing = new ArrayList<>();
            send(Script.LEASE, attempts, outgoing);
        }
        if (!seizing.isEmpty()) {
            List<Attempt> attempts = seizing;
            seizing = new ArrayList<>();
            send(Script.SEIZE, attempts, outgoing);
        }
    }

    private void send(Script script, List<Attempt> attempts, List<RedisCommand<byte[], byte[], ?>> outgoing) {
        for (int start = 0; start < attempts.size(); start += MAX_BATCH) {
            Batch batch = new Batch(script, attempts.subList(start, Math.min(attempts.size(), start + MAX_BATCH)));
            sent.add(batch);
            outgoing.add(batch.toCommand(sendAgain));
        }
    }

    private void submit(Attempt attempt) {
        switch (attempt.manner) {
            case ASK, REPAIR -> asking.add(attempt);
            case RENEW -> renewing.add(attempt);
            case SEIZE -> seizing.add(attempt);
        }
        somethingToSend.run();
    }

    private LeaseToken nextToken() {
        return new LeaseToken(tokenPrefix + Long.toString(tokens++, Character.MAX_RADIX));
    }

    /** One user whose lease somebody wants. Its deadline as an entry is the end of a pause. */
    private final class Attempt extends DeadlineQueue.Entry {

        private final UserId id;
        private final long giveUpAt;
        private final Promise<LeaseOutcome> outcome = Promise.promise();
        private Manner manner;
        private int pausesMade;

        private Attempt(UserId id, long giveUpAt, Manner manner) {
            this.id = id;
            this.giveUpAt = giveUpAt;
            this.manner = manner;
        }

        private void end(LeaseOutcome ending) {
            observer.leaseEnded(ending);
            if (manner != Manner.RENEW) {
                misses.add(!(ending instanceof LeaseOutcome.Filled));
            }
            outcome.tryComplete(ending);
        }

        private void found(byte[] value) {
            UserJson user = CachedValue.read(id, value);
            if (user != null) {
                end(new LeaseOutcome.Filled(user));
            } else {
                observer.hotValueRejected();
                manner = Manner.REPAIR;
                submit(this);
            }
        }

        private void waitItsTurn() {
            int step = Math.min(pausesMade, PAUSES.size() - 1);
            if (loop.nanos() + PAUSES.get(step).toNanos() >= giveUpAt) {
                end(LeaseOutcome.Other.DENIED);
            } else {
                pausesMade++;
                pauses.get(step).add(this);
            }
        }

        @Override
        protected boolean isSettled() {
            return false;
        }

        @Override
        protected void expire() {
            manner = Manner.ASK;
            submit(this);
        }
    }

    /** Requests that travel together, under one token: each is for another user. */
    private final class Batch extends ScriptBatch<@Nullable Void, LeaseReply> {

        private final List<Attempt> attempts;
        private final LeaseToken token = nextToken();
        private final RedisBreaker.Sending sending = breaker.sent();

        private Batch(Script script, List<Attempt> attempts) {
            super(script);
            this.attempts = attempts;
        }

        @Override
        int keys() {
            return 3 * attempts.size();
        }

        @Override
        void addTo(CommandArgs<byte[], byte[]> arguments) {
            for (Attempt attempt : attempts) {
                UserKeys.addAll(attempt.id, arguments);
            }
            arguments.add(token.value()).add(leaseTime.toMillis());
            Manner manner = attempts.getFirst().manner;
            if (manner == Manner.SEIZE) {
                return;
            }
            arguments.add(loop.epochMillis() + (manner == Manner.RENEW ? renewMillis : 0));
            for (int i = 0; i < attempts.size(); i++) {
                if (attempts.get(i).manner == Manner.REPAIR) {
                    arguments.add(i + 1);
                }
            }
        }

        @Override
        LeaseReply newReply() {
            return new LeaseReply(attempts.size());
        }

        @Override
        void replied(LeaseReply reply) {
            health.recovered();
            breaker.answered(sending);
            for (int i = 0; i < attempts.size(); i++) {
                Attempt attempt = attempts.get(i);
                try {
                    byte[] value = reply.value(i);
                    if (value != null) {
                        attempt.found(value);
                    } else {
                        answer(attempt, reply.answer(i));
                    }
                } catch (RuntimeException unforeseen) {
                    // The attempts behind this one in the batch have nothing to do with it.
                    LOG.error("A request for a lease failed in an unforeseen way", unforeseen);
                    attempt.outcome.tryComplete(LeaseOutcome.Other.DENIED);
                }
            }
        }

        private void answer(Attempt attempt, long answer) {
            if (answer == LeaseReply.GRANTED) {
                attempt.end(new LeaseOutcome.Granted(token));
            } else if (answer == LeaseReply.KNOWN_ABSENT) {
                attempt.end(LeaseOutcome.Other.KNOWN_ABSENT);
            } else if (answer == LeaseReply.HELD) {
                attempt.waitItsTurn();
            } else {
                attempt.end(LeaseOutcome.Other.DENIED);
            }
        }

        @Override
        void failed(Failure why, String what) {
            health.degraded(what);
            // A Redis that refuses leases, for it is full or read-only, may well read.
            if (why == Failure.TIMEOUT) {
                breaker.failed(sending);
            }
            // Reads find out what is wrong, and for how long; they also reach a Redis that grants no leases.
            misses.reset();
            observer.leasesFailed(attempts.size(), why);
            StoreFailure failure = new StoreFailure("Redis", why);
            for (Attempt attempt : attempts) {
                attempt.outcome.tryFail(failure);
            }
        }
    }
}
