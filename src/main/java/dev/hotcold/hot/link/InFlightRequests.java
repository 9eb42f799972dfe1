package dev.hotcold.hot.link;

import dev.hotcold.hot.connection.ServerRole;
import dev.hotcold.hot.link.RedisRequest.State;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of a link between their sending and their end: their deadlines, which replies are overdue, and which requests
 * were lost with a connection. See {@link RedisRequest} for the states.
 *
 * <p>A batch of reads whose connection breaks is sent again on the next one, as often as the settings allow, while its deadline
 * keeps running.
 *
 * <p>Confined to: its event loop.
 */
final class InFlightRequests {

    private static final Logger LOG = LoggerFactory.getLogger(InFlightRequests.class);

    /** The reason when a reply misses its deadline. */
    static final String LATE = "no reply in time";

    private static final String BROKE = "the connection broke";

    private final RedisLink link;
    private final CircuitBreaker breaker;
    private final RequestJudge judge;
    private final int maxResends;
    private final DeadlineQueue<RedisRequest<?>> deadlines;
    private final DeadlineQueue<RedisRequest<?>> fillDeadlines;
    private final List<RedisRequest<?>> lost = new ArrayList<>();
    private int overdueReads;
    private int overdueProbes;

    /** @param replyTime how long a request that is no fill may wait for its reply */
    InFlightRequests(RedisLink link, LinkSettings settings, Duration replyTime, Loop loop, CircuitBreaker breaker) {
        this.link = link;
        this.breaker = breaker;
        this.judge = new RequestJudge(link.health(), breaker);
        this.maxResends = settings.maxResends();
        this.deadlines = new DeadlineQueue<>(loop, replyTime);
        this.fillDeadlines = new DeadlineQueue<>(loop, settings.writeTimeout());
    }

    /** Whether the reply to reads is overdue: replies come in order, so it holds up all behind it. */
    boolean areReadsOverdue() {
        return overdueReads > 0;
    }

    /** Whether any such reply is overdue, also to a probe, which no lookup waits for. */
    boolean areOverdue() {
        return overdueReads > 0 || overdueProbes > 0;
    }

    /** Those whose connection broke, to be sent again on the one that is open now. */
    List<RedisRequest<?>> takeLost() {
        if (lost.isEmpty()) {
            return List.of();
        }
        List<RedisRequest<?>> taken = List.copyOf(lost);
        lost.clear();
        taken.forEach(RedisRequest::resending);
        return taken;
    }

    /** The command that sends a request, for the first time or again; null = it cannot be formed, and the request has failed. */
    <R extends CommandOutput<byte[], byte[], ?>> @Nullable RedisCommand<byte[], byte[], ?> send(
            RedisRequest<R> request) {
        if (request.state == State.NEW) {
            request.begin(this, breaker.sent());
            switch (request.kind()) {
                case READ, LEASE, PROBE -> deadlines.add(request);
                case FILL -> fillDeadlines.add(request);
                case UPKEEP, WATCH -> {}
            }
        } else if (request.state == State.LOST) {
            request.state = State.IN_FLIGHT;
        }
        request.sendings++;
        try {
            R reply = request.newReply();
            return Sending.of(request, reply, () -> replied(request, reply), () -> broke(request));
        } catch (RuntimeException unforeseen) {
            // The requests of the same turn must not suffer from it.
            LOG.error("A request to Redis could not be formed", unforeseen);
            request.state = State.ENDED;
            request.released();
            failed(request, Failure.ERROR_REPLY, "a request could not be formed: " + unforeseen);
            return null;
        }
    }

    private <R extends CommandOutput<byte[], byte[], ?>> void replied(RedisRequest<R> request, R reply) {
        if (request.state == State.OVERDUE) {
            endOverdue(request);
            if (reply.hasError()) {
                ServerRole.ofError(reply.getError()).ifPresent(link::leave);
            } else {
                judge.repliedLate(request);
            }
        } else if (request.state == State.IN_FLIGHT) {
            if (request.wantsResend(reply)) {
                link.enqueue(request);
                return;
            }
            request.state = State.ENDED;
            request.released();
            if (!reply.hasError() && request.isOfUsers() && !link.isTrusted()) {
                // What came may be another deployment's, and says nothing of how Redis is.
                request.fail(Failure.SKIPPED, "it is not known whose cache Redis has");
                return;
            }
            String flaw = reply.hasError() ? null : request.flaw(reply);
            if (reply.hasError()) {
                String said = StoreHealth.shortened(reply.getError());
                failed(request, Failure.ERROR_REPLY, link.problems().ofErrorReply(said, request::withoutIds));
                ServerRole.ofError(said).ifPresent(link::leave);
            } else if (flaw != null) {
                failed(request, Failure.ERROR_REPLY, "replied with what is no answer: " + flaw);
            } else {
                judge.succeeded(request);
                request.complete(reply);
            }
        }
    }

    private void broke(RedisRequest<?> request) {
        if (request.state == State.OVERDUE) {
            endOverdue(request);
        } else if (request.state == State.IN_FLIGHT) {
            boolean again = request.kind() == RedisRequest.Kind.READ && request.sendings <= maxResends;
            request.state = again ? State.LOST : State.ENDED;
            request.released();
            if (again) {
                lost.add(request);
                link.flushAtEndOfTurn();
            } else {
                failed(request, Failure.DISCONNECTED, BROKE);
            }
        }
    }

    /** The deadline of a request has come. */
    void expired(RedisRequest<?> request) {
        if (request.state == State.LOST) {
            lost.remove(request);
            request.state = State.ENDED;
        } else {
            request.state = State.OVERDUE;
            countOverdue(request, 1);
            judge.overdue(request);
        }
        failed(request, Failure.TIMEOUT, LATE);
    }

    private void endOverdue(RedisRequest<?> request) {
        request.state = State.ENDED;
        countOverdue(request, -1);
        request.released();
    }

    /** A lease or a fill that is late says nothing of reads: Redis may pause writes, and fills have a time-out of their own. */
    private void countOverdue(RedisRequest<?> request, int change) {
        switch (request.kind()) {
            case READ -> overdueReads += change;
            case PROBE -> overdueProbes += change;
            case LEASE, FILL, UPKEEP, WATCH -> {}
        }
    }

    private void failed(RedisRequest<?> request, Failure why, String reason) {
        judge.failed(request, why, reason);
        request.fail(why, reason);
    }

    /** One sending as Lettuce handles it. Ends once: with its reply, or because none can come. */
    private static final class Sending<T extends @Nullable Object> extends Command<byte[], byte[], T> {

        private final Runnable onReply;
        private final Runnable onBroken;
        private boolean ended;

        private Sending(
                ProtocolKeyword command,
                CommandOutput<byte[], byte[], T> reply,
                CommandArgs<byte[], byte[]> arguments,
                Runnable onReply,
                Runnable onBroken) {
            super(command, reply, arguments);
            this.onReply = onReply;
            this.onBroken = onBroken;
        }

        static RedisCommand<byte[], byte[], ?> of(
                RedisRequest<?> request, CommandOutput<byte[], byte[], ?> reply, Runnable onReply, Runnable onBroken) {
            return new Sending<>(request.command(), reply, request.arguments(), onReply, onBroken);
        }

        @Override
        public void complete() {
            super.complete();
            end(onReply);
        }

        @Override
        public boolean completeExceptionally(Throwable failure) {
            boolean first = super.completeExceptionally(failure);
            end(onBroken);
            return first;
        }

        @Override
        public void cancel() {
            super.cancel();
            end(onBroken);
        }

        private void end(Runnable event) {
            if (!ended) {
                ended = true;
                event.run();
            }
        }
    }
}
