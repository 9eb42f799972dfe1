package dev.hotcold.hot;

import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

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

    /** Only the lease ends. */
    private static final byte[] NOTHING = {};

    /** A user to store. */
    private static final class Fill {

        private final UserId id;
        private final LeaseToken lease;
        private final byte[] value;
        private final Duration life;

        private Fill(UserId id, LeaseToken lease, byte[] value, Duration life) {
            this.id = id;
            this.lease = lease;
            this.value = value;
            this.life = life;
        }
    }

    /**
     * A user that does not exist.
     *
     * @param token of its lease; "" = there is none
     * @param life how long that is noted; zero = not at all
     */
    private record Absence(UserId id, String token, Duration life) {

        private boolean isNoted() {
            return !life.isZero() && !token.isEmpty();
        }
    }

    private final LookupObserver observer;
    private final StoreHealth health;
    private final Consumer<RedisCommand<byte[], byte[], ?>> sendAgain;
    private final DeadlineQueue<Batch> sent;
    private List<Fill> waiting = new ArrayList<>();
    private List<Absence> absences = new ArrayList<>();

    /**
     * @param health how well Redis stores, apart from how well it reads
     * @param replyTime how long a batch may wait for its reply
     * @param sendAgain takes a command that must follow another
     */
    FillPipeline(
            LookupObserver observer,
            StoreHealth health,
            Loop loop,
            Duration replyTime,
            Consumer<RedisCommand<byte[], byte[], ?>> sendAgain) {
        this.observer = observer;
        this.health = health;
        this.sendAgain = sendAgain;
        this.sent = new DeadlineQueue<>(loop, replyTime);
    }

    /** @param life how long the value is kept; zero = for ever */
    void add(UserId id, LeaseToken lease, byte[] value, Duration life) {
        waiting.add(new Fill(id, lease, value, life));
    }

    /**
     * Removes a user that does not exist, and notes that.
     *
     * @param life how long it is noted; zero = not at all
     */
    void addAbsent(UserId id, LeaseToken lease, Duration life) {
        absences.add(new Absence(id, lease.value(), life));
    }

    /** Removes a user that does not exist, and ends the lease of whoever may have read it before. */
    void addForgotten(UserId id) {
        absences.add(new Absence(id, "", Duration.ZERO));
    }

    /** Only ends the lease. */
    void addRelease(UserId id, LeaseToken lease) {
        waiting.add(new Fill(id, lease, NOTHING, Duration.ZERO));
    }

    /** Adds the commands of what was added since the last time. */
    void sendInto(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        if (!absences.isEmpty()) {
            List<Absence> ended = absences;
            absences = new ArrayList<>();
            for (int start = 0; start < ended.size(); start += MAX_BATCH) {
                send(new AbsenceBatch(ended.subList(start, Math.min(ended.size(), start + MAX_BATCH))), outgoing);
            }
        }
        if (!waiting.isEmpty()) {
            sendFills(outgoing);
        }
    }

    private void send(Batch batch, List<RedisCommand<byte[], byte[], ?>> outgoing) {
        sent.add(batch);
        outgoing.add(batch.toCommand(sendAgain));
    }

    private void sendFills(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        List<Fill> fills = waiting;
        waiting = new ArrayList<>();
        int start = 0;
        int bytes = 0;
        for (int i = 0; i < fills.size(); i++) {
            bytes += fills.get(i).value.length;
            if (i + 1 == fills.size() || i + 1 - start == MAX_BATCH || bytes >= MAX_BATCH_BYTES) {
                send(new FillBatch(fills.subList(start, i + 1)), outgoing);
                start = i + 1;
                bytes = 0;
            }
        }
    }

    /** A script that replies how many users it has stored, or noted. */
    private abstract class Batch extends ScriptBatch<Long, IntegerOutput<byte[], byte[]>> {

        private final int stores;

        /** @param stores how many it is to store */
        private Batch(Script script, long stores) {
            super(script);
            this.stores = Math.toIntExact(stores);
        }

        @Override
        final IntegerOutput<byte[], byte[]> newReply() {
            return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
        }

        @Override
        final void replied(IntegerOutput<byte[], byte[]> reply) {
            health.recovered();
            int stored = reply.get() == null ? 0 : Math.toIntExact(reply.get());
            observer.fillsEnded(stored, stores - stored);
        }

        @Override
        final void failed(Failure why, String what) {
            health.degraded(what);
            observer.fillsFailed(stores, why);
        }
    }

    private final class FillBatch extends Batch {

        private final List<Fill> fills;

        private FillBatch(List<Fill> fills) {
            super(
                    Script.FILL,
                    fills.stream().filter(fill -> fill.value != NOTHING).count());
            this.fills = fills;
        }

        @Override
        int keys() {
            return 2 * fills.size();
        }

        @Override
        void addTo(CommandArgs<byte[], byte[]> arguments) {
            for (Fill fill : fills) {
                arguments.addKey(UserKeys.user(fill.id)).addKey(UserKeys.lease(fill.id));
            }
            for (Fill fill : fills) {
                arguments.add(fill.lease.value()).add(fill.value).add(fill.life.toMillis());
            }
        }
    }

    private final class AbsenceBatch extends Batch {

        private final List<Absence> absences;

        private AbsenceBatch(List<Absence> absences) {
            super(Script.ABSENT, absences.stream().filter(Absence::isNoted).count());
            this.absences = absences;
        }

        @Override
        int keys() {
            return 3 * absences.size();
        }

        @Override
        void addTo(CommandArgs<byte[], byte[]> arguments) {
            for (Absence absence : absences) {
                UserKeys.addAll(absence.id, arguments);
            }
            for (Absence absence : absences) {
                arguments.add(absence.token).add(absence.life.toMillis());
            }
        }
    }
}
