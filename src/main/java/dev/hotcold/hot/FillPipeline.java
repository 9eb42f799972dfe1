package dev.hotcold.hot;

import dev.hotcold.lookup.DeadlineQueue;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.LoopTimer;
import dev.hotcold.lookup.StoreHealth;
import dev.hotcold.user.UserId;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Fills on their way into Redis: all of one turn travel as one script, which stores each only if its lease still stands.
 * Nobody waits for them; failures are told to the observer.
 *
 * <p>Confined to: its event loop.
 */
final class FillPipeline {

    private static final int MAX_BATCH = 256;

    /** Bytes of values in one script, so that a few very long texts do not hold Redis up. */
    private static final int MAX_BATCH_BYTES = 1 << 18;

    private static final byte[] ABSENT = "1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = {};

    private static final class Fill {

        private final byte[] key;
        private final byte[] leaseKey;
        private final LeaseToken lease;
        private final byte[] value;
        private final long lifeMillis;

        /** @param life zero = for ever */
        private Fill(byte[] key, byte[] leaseKey, LeaseToken lease, byte[] value, Duration life) {
            this.key = key;
            this.leaseKey = leaseKey;
            this.lease = lease;
            this.value = value;
            this.lifeMillis = life.toMillis();
        }
    }

    private final LookupObserver observer;
    private final StoreHealth health;
    private final Consumer<RedisCommand<byte[], byte[], ?>> sendAgain;
    private final DeadlineQueue<Batch> sent;
    private List<Fill> waiting = new ArrayList<>();
    private List<UserId> forgotten = new ArrayList<>();

    /**
     * @param health how well Redis stores, apart from how well it reads
     * @param replyTime how long a batch may wait for its reply
     * @param sendAgain takes a command that must follow another
     */
    FillPipeline(
            LookupObserver observer,
            StoreHealth health,
            LoopTimer timer,
            LongSupplier nanoClock,
            Duration replyTime,
            Consumer<RedisCommand<byte[], byte[], ?>> sendAgain) {
        this.observer = observer;
        this.health = health;
        this.sendAgain = sendAgain;
        this.sent = new DeadlineQueue<>(timer, nanoClock, replyTime);
    }

    /** @param life how long the value is kept; zero = for ever */
    void add(UserId id, LeaseToken lease, byte[] value, Duration life) {
        waiting.add(new Fill(UserKeys.user(id), UserKeys.lease(id), lease, value, life));
    }

    /** @param life how long it is remembered that there is no such user; positive */
    void addAbsent(UserId id, LeaseToken lease, Duration life) {
        waiting.add(new Fill(UserKeys.absent(id), UserKeys.lease(id), lease, ABSENT, life));
    }

    /** Removes a user, whatever leases stand: at worst one is removed that exists again, and is missed. */
    void addForgotten(UserId id) {
        forgotten.add(id);
    }

    /** Only ends the lease. */
    void addRelease(UserId id, LeaseToken lease) {
        waiting.add(new Fill(UserKeys.user(id), UserKeys.lease(id), lease, NOTHING, Duration.ZERO));
    }

    /** Adds the commands of what was added since the last time. */
    void sendInto(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        if (!forgotten.isEmpty()) {
            CommandArgs<byte[], byte[]> keys = new CommandArgs<>(ByteArrayCodec.INSTANCE);
            forgotten.forEach(id -> keys.addKey(UserKeys.user(id)));
            forgotten = new ArrayList<>();
            outgoing.add(new Command<>(CommandType.DEL, new IntegerOutput<>(ByteArrayCodec.INSTANCE), keys));
        }
        if (waiting.isEmpty()) {
            return;
        }
        List<Fill> fills = waiting;
        waiting = new ArrayList<>();
        int start = 0;
        int bytes = 0;
        for (int i = 0; i < fills.size(); i++) {
            bytes += fills.get(i).value.length;
            if (i + 1 == fills.size() || i + 1 - start == MAX_BATCH || bytes >= MAX_BATCH_BYTES) {
                Batch batch = new Batch(fills.subList(start, i + 1));
                sent.add(batch);
                outgoing.add(batch.toCommand(sendAgain));
                start = i + 1;
                bytes = 0;
            }
        }
    }

    private final class Batch extends ScriptBatch<Long, IntegerOutput<byte[], byte[]>> {

        private final List<Fill> fills;

        private Batch(List<Fill> fills) {
            super(Script.FILL);
            this.fills = fills;
        }

        @Override
        int keys() {
            return 2 * fills.size();
        }

        @Override
        void addTo(CommandArgs<byte[], byte[]> arguments) {
            for (Fill fill : fills) {
                arguments.addKey(fill.key).addKey(fill.leaseKey);
            }
            for (Fill fill : fills) {
                arguments.add(fill.lease.value()).add(fill.value).add(fill.lifeMillis);
            }
        }

        @Override
        IntegerOutput<byte[], byte[]> newReply() {
            return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
        }

        @Override
        void replied(IntegerOutput<byte[], byte[]> reply) {
            health.well();
            int landed = reply.get() == null ? 0 : Math.toIntExact(reply.get());
            observer.fillsEnded(landed, stores() - landed);
        }

        @Override
        void failed(Failure why, String what) {
            health.ailing(what);
            observer.fillsFailed(stores(), why);
        }

        private int stores() {
            int stores = 0;
            for (Fill fill : fills) {
                stores += fill.value == NOTHING ? 0 : 1;
            }
            return stores;
        }
    }
}
