package dev.hotcold.hot.link;

import dev.hotcold.hot.layout.CheckedReply;
import dev.hotcold.log.ForeignText;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.DeadlineQueue;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One command on its way through a {@link RedisLink}: enqueued, sent, and completed or failed exactly once, by its reply, by
 * its deadline or by the end of its connection.
 *
 * <pre>
 *   NEW ─► IN_FLIGHT ─┬─ reply ──────────────► ENDED
 *            ▲        ├─ deadline ─► OVERDUE ─► ENDED   failed at the deadline; its reply is still owed
 *            │        └─ connection broke ─┬─► ENDED
 *            └────────── LOST ◄────────────┘            reads, as often as the settings allow
 * </pre>
 *
 * <p>Confined to: its event loop.
 *
 * @param <R> the reply
 */
public abstract class RedisRequest<R extends CommandOutput<byte[], byte[], ?>> extends DeadlineQueue.Entry {

    /** The end of a key that names a user, as it is sent; what stands before it is the deployment's. */
    private static final Pattern KEY = Pattern.compile("user:([A-Za-z0-9_-]+)\\}?\r");

    /** What a request is for. It decides how long it may take and what its outcome says about Redis. */
    public enum Kind {
        /** Reads of lookups: counted by the breaker, repeated on the next connection. */
        READ,
        /** Requests for leases: counted by the breaker, but for errors, since a Redis that is full may well read. */
        LEASE,
        /** Fills: with a time-out of their own. */
        FILL,
        /** A read that shows whether Redis works. */
        PROBE,
        /** Without a deadline; its outcome is its own business. */
        UPKEEP,
        /** The same, asked all the time whether anybody uses the connection or not. */
        WATCH
    }

    enum State {
        NEW,
        IN_FLIGHT,
        LOST,
        OVERDUE,
        ENDED
    }

    private final Kind kind;
    private @Nullable InFlightRequests inFlight;
    private CircuitBreaker.@Nullable Sent sent;

    State state = State.NEW;
    int sendings;

    protected RedisRequest(Kind kind) {
        this.kind = kind;
    }

    protected abstract ProtocolKeyword command();

    /** The arguments; called again for each sending. */
    protected abstract CommandArgs<byte[], byte[]> arguments();

    /** Where the reply is decoded; a new one for each sending. */
    protected abstract R newReply();

    /** The reply came in time, and is no error. */
    protected abstract void complete(R reply);

    /**
     * The request failed.
     *
     * @param reason a sentence for an operator
     */
    protected abstract void fail(Failure why, String reason);

    /** Why a reply that is no error answers nothing all the same; null = it does. */
    protected @Nullable String flaw(R reply) {
        return reply instanceof CheckedReply checked ? checked.flaw() : null;
    }

    /** Whether anybody uses the connection by it, so that it is not idle. */
    final boolean isUse() {
        return kind != Kind.WATCH;
    }

    /** It is about to be sent again, on another connection. */
    protected void resending() {}

    /** A sending is over: its reply came, in time or late, or its connection broke. */
    protected void released() {}

    /** Whether this reply only requires the same request in another form, which is then sent. */
    protected boolean wantsResend(R reply) {
        return false;
    }

    /** What Redis says of this request, without the ids of the users that the request is about. */
    final String withoutIds(String said) {
        ByteBuf encoded = Unpooled.buffer();
        arguments().encode(encoded);
        Set<String> ids = new HashSet<>();
        Matcher keys = KEY.matcher(encoded.toString(StandardCharsets.ISO_8859_1));
        while (keys.find()) {
            ids.add(keys.group(1));
        }
        return ForeignText.withoutIds(said, ids::contains);
    }

    /** When it was first sent, by the loop's clock. */
    protected final long sentAt() {
        return firstSending().at();
    }

    /** Whether its reply has users, or lets one be filled. */
    final boolean isOfUsers() {
        return kind == Kind.READ || kind == Kind.LEASE;
    }

    final Kind kind() {
        return kind;
    }

    /** It is sent for the first time. */
    final void begin(InFlightRequests by, CircuitBreaker.Sent now) {
        inFlight = by;
        sent = now;
        state = State.IN_FLIGHT;
    }

    final CircuitBreaker.Sent firstSending() {
        if (sent == null) {
            throw new IllegalStateException("not sent yet");
        }
        return sent;
    }

    @Override
    protected final boolean isSettled() {
        return state != State.IN_FLIGHT && state != State.LOST;
    }

    @Override
    protected final void expire() {
        if (inFlight != null) {
            inFlight.expired(this);
        }
    }
}
