package dev.hotcold.hot;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a Redis that ailed is well again, when no lookup does: one that failed to grant a lease, say, and was
 * asked for hits only ever since. It is asked for a lease of nobody's, under which nobody is stored for a millisecond, both
 * as lookups do. Who comes while another's probe holds that lease has proven nothing, and probes again.
 *
 * <p>A lease or a fill that is late for a lookup is late here; reads are well once they are answered, as ever. A reply is
 * awaited, however late, before the next probe is sent: a Redis that stands still is not to find a queue of probes.
 *
 * <p>Confined to: its event loop.
 */
final class HealthProbe {

    private static final String TOKEN = "probe";
    private static final long LIFE_MILLIS = 1;

    private final StoreHealth reads;
    private final StoreHealth leases;
    private final StoreHealth fills;
    private final Loop loop;
    private final Duration leaseTime;
    private final Duration replyTime;
    private final Duration fillTime;
    private final Consumer<RedisCommand<byte[], byte[], ?>> send;
    private boolean underWay;

    /**
     * @param leaseTime how long a lease lasts
     * @param replyTime within which a lease is to be granted
     * @param fillTime within which a fill is to be answered
     * @param send takes a command
     */
    HealthProbe(
            StoreHealth reads,
            StoreHealth leases,
            StoreHealth fills,
            Loop loop,
            Duration leaseTime,
            Duration replyTime,
            Duration fillTime,
            Consumer<RedisCommand<byte[], byte[], ?>> send) {
        this.reads = reads;
        this.leases = leases;
        this.fills = fills;
        this.loop = loop;
        this.leaseTime = leaseTime;
        this.replyTime = replyTime;
        this.fillTime = fillTime;
        this.send = send;
    }

    /** Probes if anything ails, unless an earlier probe is under way: until its reply comes or its connection breaks. */
    void probe() {
        if (!underWay && ails()) {
            underWay = true;
            send.accept(new Lease().toCommand(send));
        }
    }

    private boolean ails() {
        return reads.reason().isPresent()
                || leases.reason().isPresent()
                || fills.reason().isPresent();
    }

    private void judge(StoreHealth health, boolean isProof, long sentAt, Duration time) {
        if (loop.nanos() - sentAt >= time.toNanos()) {
            health.degraded(ScriptBatch.LATE);
        } else if (isProof) {
            health.recovered();
        }
    }

    private final class Lease extends ScriptBatch<@Nullable Void, LeaseReply> {

        private final long sentAt = loop.nanos();

        private Lease() {
            super(Script.LEASE);
        }

        @Override
        int keys() {
            return 3;
        }

        @Override
        void addTo(CommandArgs<byte[], byte[]> arguments) {
            arguments
                    .addKey(UserKeys.nobody())
                    .addKey(UserKeys.leaseOfNobody())
                    .addKey(UserKeys.absenceOfNobody())
                    .add(TOKEN)
                    .add(leaseTime.toMillis())
                    .add(0);
        }

        @Override
        LeaseReply newReply() {
            return new LeaseReply(1);
        }

        @Override
        void replied(LeaseReply reply) {
            boolean granted = reply.answer(0) == LeaseReply.GRANTED;
            reads.recovered();
            judge(leases, granted, sentAt, replyTime);
            if (granted) {
                send.accept(new Fill().toCommand(send));
            } else {
                underWay = false;
            }
        }

        @Override
        void failed(Failure why, String what) {
            underWay = false;
            leases.degraded(what);
        }
    }

    private final class Fill extends ScriptBatch<Long, IntegerOutput<byte[], byte[]>> {

        private final long sentAt = loop.nanos();

        private Fill() {
            super(Script.FILL);
        }

        @Override
        int keys() {
            return 2;
        }

        @Override
        void addTo(CommandArgs<byte[], byte[]> arguments) {
            arguments
                    .addKey(UserKeys.nobody())
                    .addKey(UserKeys.leaseOfNobody())
                    .add(TOKEN)
                    .add(TOKEN)
                    .add(LIFE_MILLIS);
        }

        @Override
        IntegerOutput<byte[], byte[]> newReply() {
            return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
        }

        @Override
        void replied(IntegerOutput<byte[], byte[]> reply) {
            underWay = false;
            judge(fills, reply.get() == 1, sentAt, fillTime);
        }

        @Override
        void failed(Failure why, String what) {
            underWay = false;
            fills.degraded(what);
        }
    }
}
