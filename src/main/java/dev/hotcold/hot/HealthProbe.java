package dev.hotcold.hot;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreHealth;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a Redis that ailed is well again, when no lookup does: one that failed to grant a lease, say, and was
 * asked for hits only ever since. It is asked for a lease of nobody's, as lookups ask, which is then given back, as lookups
 * do: between them they read, store and remove.
 *
 * <p>Confined to: its event loop.
 */
final class HealthProbe {

    /** All probes', whoever sends them: it does not matter whose is granted. */
    private static final String TOKEN = "probe";

    private final StoreHealth reads;
    private final StoreHealth leases;
    private final StoreHealth fills;
    private final Duration leaseTime;
    private final Consumer<RedisCommand<byte[], byte[], ?>> send;
    private boolean underWay;

    /**
     * @param leaseTime how long the lease lasts if it cannot be given back
     * @param send takes a command
     */
    HealthProbe(
            StoreHealth reads,
            StoreHealth leases,
            StoreHealth fills,
            Duration leaseTime,
            Consumer<RedisCommand<byte[], byte[], ?>> send) {
        this.reads = reads;
        this.leases = leases;
        this.fills = fills;
        this.leaseTime = leaseTime;
        this.send = send;
    }

    /** Probes if anything ails, unless an earlier probe is under way: until its reply comes or its connection breaks. */
    void probe() {
        if (!underWay && ails()) {
            underWay = true;
            send.accept(new Ask().toCommand(send));
        }
    }

    private boolean ails() {
        return reads.problem().isPresent()
                || leases.problem().isPresent()
                || fills.problem().isPresent();
    }

    private final class Ask extends ScriptBatch<@Nullable Void, LeaseReply> {

        private Ask() {
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
            reads.well();
            leases.well();
            send.accept(new GiveBack().toCommand(send));
        }

        @Override
        void failed(Failure why, String what) {
            underWay = false;
            leases.ailing(what);
        }
    }

    private final class GiveBack extends ScriptBatch<Long, IntegerOutput<byte[], byte[]>> {

        private GiveBack() {
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
                    .add("")
                    .add(0);
        }

        @Override
        IntegerOutput<byte[], byte[]> newReply() {
            return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
        }

        @Override
        void replied(IntegerOutput<byte[], byte[]> reply) {
            underWay = false;
            fills.well();
        }

        @Override
        void failed(Failure why, String what) {
            underWay = false;
            fills.ailing(what);
        }
    }
}
