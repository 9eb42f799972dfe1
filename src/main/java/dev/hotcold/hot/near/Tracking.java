package dev.hotcold.hot.near;

import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.CommandRequest;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.loop.Loop;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redis' invalidations of keys that were read, on the connection that they were read on ({@code CLIENT TRACKING}, RESP3), and
 * how far they can be relied on.
 *
 * <p>A reply to a command that was sent at some moment shows that the invalidations of every change before that moment have
 * arrived: what Redis sends on one connection arrives in order. So a command is sent every {@value #BEAT_MILLIS} ms while
 * anybody relies on that, and it is relied on for {@value #TRUST_MILLIS} ms from the sending of the last one that was replied
 * to. A frozen Redis, network or event loop ends that by itself.
 *
 * <pre>
 *   NONE ─ opened ─► TRIAL ─┬─ invalidation of the trial key arrived ─► ACTIVE
 *     ▲                     └─ it did not, or refused ─► REFUSED ─ 5 s ─► TRIAL
 *     └─ lost, from any state
 * </pre>
 *
 * <p>Tracking is requested anew on each connection and tried out with a key that no user has, since a proxy may accept the
 * request and send nothing. What was read on another connection is dropped, by {@link Listener#flush}.
 *
 * <p>Confined to: its event loop.
 */
final class Tracking {

    static final int BEAT_MILLIS = 50;
    static final int TRUST_MILLIS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Tracking.class);

    private static final long TRUST_NANOS = Duration.ofMillis(TRUST_MILLIS).toNanos();
    private static final long RETRY_NANOS = Duration.ofSeconds(5).toNanos();

    /** Characters that are looked at. */
    private static final int MOST_OF_A_VERSION = 64;

    /** Hears what must be dropped. */
    interface Listener {

        /** The value of a key has changed, or is gone. */
        void invalidated(byte[] key);

        /** Everything that was read may have changed. */
        void flush();
    }

    private enum State {
        /** There is no connection, or nothing is known of its Redis. */
        NONE,
        /** It is being tried out. */
        TRIAL,
        /** Redis sends invalidations. */
        ACTIVE,
        /** Redis does not. */
        REFUSED
    }

    private final RedisLink link;
    private final byte[] trialKey;
    private final Loop loop;
    private final Listener listener;
    private State state = State.NONE;
    private int connection;
    /** That this connection sends what is no invalidation. */
    private boolean reported;

    private boolean trialInvalidated;
    private boolean beatInFlight;
    private long provenUntil;
    private long refusedAt;

    Tracking(RedisLink link, Loop loop, Listener listener) {
        this.link = link;
        this.trialKey = link.keys().leaseOfNobody();
        this.loop = loop;
        this.listener = listener;
    }

    /** A connection is open. */
    void opened() {
        lost();
        reported = false;
        begin();
    }

    /** The connection broke. */
    void lost() {
        connection++;
        state = State.NONE;
        listener.flush();
    }

    /** Whether what is read now is tracked, if that is requested. */
    boolean isActive() {
        return state == State.ACTIVE;
    }

    /** Whether all invalidations have arrived but those of the last {@value #TRUST_MILLIS} ms. */
    boolean isReliable(long now) {
        return state == State.ACTIVE && now - provenUntil <= TRUST_NANOS;
    }

    /**
     * To be called every {@value #BEAT_MILLIS} ms, and whenever somebody would rely on it and cannot.
     *
     * @param wanted whether anybody relies on it
     */
    void beat(boolean wanted) {
        if (state == State.ACTIVE && wanted && !beatInFlight) {
            beatInFlight = true;
            prove();
        } else if (state == State.REFUSED && loop.nanos() - refusedAt >= RETRY_NANOS) {
            begin();
        }
    }

    /** Redis sent a push message. */
    void pushed(PushMessage message) {
        if (!"invalidate".equals(message.getType())) {
            return;
        }
        try {
            if (message.getContent().size() == 2 && message.getContent().get(1) instanceof List<?> keys) {
                for (Object key : keys) {
                    invalidated(key);
                }
            } else {
                listener.flush();
            }
        } catch (RuntimeException unforeseen) {
            if (!reported) {
                reported = true;
                LOG.error("An invalidation from Redis was not understood; the near cache is flushed", unforeseen);
            }
            listener.flush();
        }
    }

    private void invalidated(Object key) {
        ByteBuffer buffer = ((ByteBuffer) key).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        if (Arrays.equals(bytes, trialKey)) {
            trialInvalidated = true;
        } else {
            listener.invalidated(bytes);
        }
    }

    private void begin() {
        Optional<String> flaw = flaw(link.version());
        if (flaw.isPresent()) {
            refused(flaw.get());
            return;
        }
        state = State.TRIAL;
        trialInvalidated = false;
        beatInFlight = true;
        CommandArgs<byte[], byte[]> tracking =
                CommandRequest.args().add("TRACKING").add("ON").add("OPTIN");
        send(
                CommandType.CLIENT,
                tracking,
                CommandRequest::status,
                reply -> {},
                error -> refused("refuses CLIENT TRACKING: it " + error));
        link.enqueue(trackNext(reply -> {}));
        CommandArgs<byte[], byte[]> read = CommandRequest.args().addKey(trialKey);
        send(CommandType.GET, read, () -> new ByteArrayOutput<>(ByteArrayCodec.INSTANCE), reply -> {}, error -> {});
        CommandArgs<byte[], byte[]> change =
                CommandRequest.args().addKey(trialKey).add("").add("PX").add(1);
        send(CommandType.SET, change, CommandRequest::status, reply -> {}, error -> {});
        prove();
    }

    /** By a read as lookups make it, of a key that no user has: a Redis that refuses reads may well answer a PING. */
    private void prove() {
        long sentAt = loop.nanos();
        CommandArgs<byte[], byte[]> key =
                CommandRequest.args().addKey(link.keys().nobody());
        send(
                CommandType.MGET,
                key,
                () -> new ValuesReply(1),
                reply -> {
                    answered();
                    provenUntil = sentAt;
                    // Lookups may not need Redis for a long time.
                    link.health().of(Aspect.READS).recovered();
                },
                error -> answered());
    }

    private void answered() {
        beatInFlight = false;
        if (state == State.TRIAL) {
            if (trialInvalidated) {
                state = State.ACTIVE;
                link.health().of(Aspect.NEAR_CACHE).recovered();
            } else {
                refused("accepts CLIENT TRACKING, but sends no invalidations");
            }
        }
    }

    private void refused(String why) {
        state = State.REFUSED;
        refusedAt = loop.nanos();
        link.health().of(Aspect.NEAR_CACHE).degraded("NEAR_CACHE_ENTRIES has no effect: it " + why);
    }

    /**
     * Why a Redis of this version is not used at all. Before 6.2.7 it may send the invalidation of an expired key in the
     * middle of the reply to MGET, which no client can read (redis/redis, issue 8935).
     */
    private static Optional<String> flaw(Optional<String> version) {
        if (version.isEmpty()) {
            return Optional.of("speaks no RESP3, as from Redis 6 on");
        }
        String said = version.get().substring(0, Math.min(version.get().length(), MOST_OF_A_VERSION));
        int[] parts = Arrays.stream(said.split("\\D+"))
                .filter(part -> !part.isEmpty() && part.length() < 6)
                .mapToInt(Integer::parseInt)
                .toArray();
        return Arrays.compare(parts, new int[] {6, 2, 7}) < 0
                ? Optional.of("is of version " + said + ", and 6.2.7 is needed")
                : Optional.empty();
    }

    /** The command that has Redis track what the next command reads. */
    static CommandRequest<StatusOutput<byte[], byte[]>> trackNext(Consumer<StatusOutput<byte[], byte[]>> onReply) {
        return new CommandRequest<>(
                CommandType.CLIENT,
                CommandRequest.args().add("CACHING").add("YES"),
                CommandRequest::status,
                onReply,
                error -> {});
    }

    /** Sends a command of this connection: what comes of it on another is not heard. */
    private <R extends CommandOutput<byte[], byte[], ?>> void send(
            CommandType type,
            CommandArgs<byte[], byte[]> arguments,
            Supplier<R> newReply,
            Consumer<R> onReply,
            Consumer<String> onError) {
        int sentOn = connection;
        link.enqueue(new CommandRequest<>(
                type,
                arguments,
                newReply,
                reply -> {
                    if (sentOn == connection) {
                        onReply.accept(reply);
                    }
                },
                error -> {
                    if (sentOn == connection) {
                        onError.accept(error);
                    }
                }));
    }
}
