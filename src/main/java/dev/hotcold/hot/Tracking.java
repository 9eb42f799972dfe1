package dev.hotcold.hot;

import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redis' promise to tell of changes of the keys that were read, on the connection that they were read on
 * ({@code CLIENT TRACKING}, RESP3), and how far it can be relied on.
 *
 * <p>An answer to a command that was sent at some moment shows that every change made before that moment has been told: what
 * Redis sends on one connection arrives in order. So a command is sent every {@value #BEAT_MILLIS} ms while somebody wants
 * to know, and the promise is relied on for {@value #TRUST_MILLIS} ms from the sending of the last one that was answered.
 * A Redis, a network or an event loop that stands still ends that by itself.
 *
 * <p>A connection begins without the promise. It is made anew on each, and tried out with a key of nobody: a proxy may
 * take the request and tell nothing. What was read on another connection is forgotten, by {@link Listener#forgetAll}.
 *
 * <p>Confined to: its event loop.
 */
final class Tracking {

    static final int BEAT_MILLIS = 50;
    static final int TRUST_MILLIS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Tracking.class);

    private static final long TRUST_NANOS = Duration.ofMillis(TRUST_MILLIS).toNanos();
    private static final long RETRY_NANOS = Duration.ofSeconds(5).toNanos();

    /** A key as leases have it, which no user has. */
    private static final byte[] TRIAL_KEY = UserKeys.leaseOfNobody();

    /** Hears what must be forgotten. */
    interface Listener {

        /** The value of a key has changed, or is gone. */
        void changed(byte[] key);

        /** All that was read may have changed. */
        void forgetAll();

        /** Redis reads as it should, although nobody else may have asked it of late. */
        void answered();
    }

    private enum State {
        /** There is no connection, or none of whose Redis anything is known. */
        NOTHING,
        /** It is being tried out. */
        TRIAL,
        /** Redis tells of changes. */
        PROMISED,
        /** Redis does not. */
        REFUSED
    }

    private final StoreHealth health;
    private final Supplier<Optional<String>> version;
    private final Loop loop;
    private final Consumer<RedisCommand<byte[], byte[], ?>> send;
    private final Listener listener;
    private State state = State.NOTHING;
    private int connection;
    private boolean trialTold;
    private boolean beating;
    private long toldAllUntil;
    private long refusedAt;

    /**
     * @param version of Redis, as it told when the connection was made; empty: it speaks no RESP3
     * @param send takes a command, to be sent behind those it took before
     */
    Tracking(
            StoreHealth health,
            Supplier<Optional<String>> version,
            Loop loop,
            Consumer<RedisCommand<byte[], byte[], ?>> send,
            Listener listener) {
        this.health = health;
        this.version = version;
        this.loop = loop;
        this.send = send;
        this.listener = listener;
    }

    /** A connection stands. */
    void opened() {
        lost();
        begin();
    }

    /** The connection broke. */
    void lost() {
        connection++;
        state = State.NOTHING;
        listener.forgetAll();
    }

    /** Whether what is read now is tracked, if it is asked for. */
    boolean isPromised() {
        return state == State.PROMISED;
    }

    /** Whether all changes have been told but the latest, of the last {@value #TRUST_MILLIS} ms. */
    boolean isReliable(long now) {
        return state == State.PROMISED && now - toldAllUntil <= TRUST_NANOS;
    }

    /**
     * To be called every {@value #BEAT_MILLIS} ms, and whenever somebody wants to rely on it in vain.
     *
     * @param wanted whether anybody wants to rely on it
     */
    void beat(boolean wanted) {
        if (state == State.PROMISED && wanted && !beating) {
            beating = true;
            ask();
        } else if (state == State.REFUSED && loop.nanos() - refusedAt >= RETRY_NANOS) {
            begin();
        }
    }

    /** What Redis says unasked. */
    void pushed(PushMessage message) {
        if (!message.getType().equals("invalidate")) {
            return;
        }
        try {
            if (message.getContent().size() == 2 && message.getContent().get(1) instanceof List<?> keys) {
                for (Object key : keys) {
                    told(key);
                }
            } else {
                listener.forgetAll();
            }
        } catch (RuntimeException unforeseen) {
            LOG.error("What Redis told of changes was not understood", unforeseen);
            listener.forgetAll();
        }
    }

    private void told(Object key) {
        ByteBuffer buffer = ((ByteBuffer) key).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        if (Arrays.equals(bytes, TRIAL_KEY)) {
            trialTold = true;
        } else {
            listener.changed(bytes);
        }
    }

    private void begin() {
        Optional<String> flaw = flaw(version.get());
        if (flaw.isPresent()) {
            refused(flaw.get());
            return;
        }
        state = State.TRIAL;
        trialTold = false;
        beating = true;
        send(CommandType.CLIENT, status(), args().add("TRACKING").add("ON").add("OPTIN"), reply -> {
            if (reply.hasError()) {
                refused("refuses CLIENT TRACKING: " + reply.getError());
            }
        });
        send.accept(trackNext(reply -> {}));
        send(CommandType.GET, new ByteArrayOutput<>(ByteArrayCodec.INSTANCE), args().addKey(TRIAL_KEY), reply -> {});
        CommandArgs<byte[], byte[]> trial =
                args().addKey(TRIAL_KEY).add("").add("PX").add(1);
        send(CommandType.SET, status(), trial, reply -> {});
        ask();
    }

    /** A read as lookups make it, of a key that no user has: a Redis that refuses reads may well answer a PING. */
    private void ask() {
        long sentAt = loop.nanos();
        send(CommandType.MGET, new MgetOutput(1), args().addKey(UserKeys.nobody()), reply -> {
            beating = false;
            if (state == State.TRIAL) {
                ended(trialTold);
            }
            if (!reply.hasError()) {
                toldAllUntil = sentAt;
                listener.answered();
            }
        });
    }

    private void ended(boolean told) {
        if (told) {
            state = State.PROMISED;
            health.recovered();
        } else {
            refused("takes CLIENT TRACKING, but does not tell of changes");
        }
    }

    private void refused(String why) {
        state = State.REFUSED;
        refusedAt = loop.nanos();
        health.degraded("NEAR_CACHE_ENTRIES has no effect: it " + why);
    }

    /**
     * Why a Redis of this version is not asked at all. Before 6.2.7 it may tell of a key that has expired in the middle of
     * the reply to MGET, which no client can read (redis/redis, issue 8935).
     */
    private static Optional<String> flaw(Optional<String> version) {
        if (version.isEmpty()) {
            return Optional.of("speaks no RESP3, as from Redis 6 on");
        }
        int[] parts = Arrays.stream(version.get().split("\\D+"))
                .filter(part -> !part.isEmpty() && part.length() < 6)
                .mapToInt(Integer::parseInt)
                .toArray();
        return Arrays.compare(parts, new int[] {6, 2, 7}) < 0
                ? Optional.of("is of version " + version.get() + ", and 6.2.7 is needed")
                : Optional.empty();
    }

    /** The command that lets Redis track what the next command reads. */
    static RedisCommand<byte[], byte[], ?> trackNext(Consumer<CommandOutput<byte[], byte[], String>> replied) {
        return command(CommandType.CLIENT, status(), args().add("CACHING").add("YES"), replied);
    }

    /** Sends a command of this connection: what is replied on another is not heard. */
    private <T extends @Nullable Object> void send(
            CommandType type,
            CommandOutput<byte[], byte[], T> reply,
            CommandArgs<byte[], byte[]> arguments,
            Consumer<CommandOutput<byte[], byte[], T>> replied) {
        int sentOn = connection;
        send.accept(command(type, reply, arguments, answer -> {
            if (sentOn == connection) {
                replied.accept(answer);
            }
        }));
    }

    /** A command whose reply is heard, and whose failure is not: it comes with the end of the connection. */
    static <T extends @Nullable Object> RedisCommand<byte[], byte[], T> command(
            CommandType type,
            CommandOutput<byte[], byte[], T> reply,
            CommandArgs<byte[], byte[]> arguments,
            Consumer<CommandOutput<byte[], byte[], T>> replied) {
        return new Command<>(type, reply, arguments) {
            @Override
            public void complete() {
                super.complete();
                replied.accept(reply);
            }
        };
    }

    static CommandArgs<byte[], byte[]> args() {
        return new CommandArgs<>(ByteArrayCodec.INSTANCE);
    }

    private static StatusOutput<byte[], byte[]> status() {
        return new StatusOutput<>(ByteArrayCodec.INSTANCE);
    }
}
