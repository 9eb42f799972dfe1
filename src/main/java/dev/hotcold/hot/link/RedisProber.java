package dev.hotcold.hot.link;

import dev.hotcold.hot.layout.LeaseReply;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.time.Duration;

/**
 * Probes a degraded Redis until it has recovered, when no lookup would find out.
 *
 * <ul>
 *   <li>While the breaker is open: reads, as lookups make them, of a key that no user has.
 *   <li>While an aspect is degraded, as after a lease that was not granted and only hits since: once a second a lease of that
 *       key, and a fill under it that lasts a millisecond. A probe that finds the lease held by another instance's probe has
 *       proven reads only, and is repeated. A lease or a fill that would be late for a lookup is late here.
 * </ul>
 *
 * <p>A reply is awaited, however late, before the next probe is sent: a frozen Redis must not find a queue of them.
 *
 * <p>Confined to: its event loop.
 */
final class RedisProber {

    private static final Duration PAUSE_WHILE_OPEN = Duration.ofMillis(200);
    private static final String TOKEN = "probe";
    private static final long LIFE_MILLIS = 1;

    private final RedisLink link;
    private final Loop loop;
    private final Duration leaseTime;
    private final Duration replyTime;
    private final Duration fillTime;
    private boolean writeProbeInFlight;

    /**
     * @param leaseTime how long a lease lasts
     * @param replyTime within which a lease is to be granted
     * @param fillTime within which a fill is to be answered
     */
    RedisProber(RedisLink link, Loop loop, Duration leaseTime, Duration replyTime, Duration fillTime) {
        this.link = link;
        this.loop = loop;
        this.leaseTime = leaseTime;
        this.replyTime = replyTime;
        this.fillTime = fillTime;
    }

    /** The breaker has opened: probes reads until it closes. */
    void probeUntilClosed() {
        loop.after(PAUSE_WHILE_OPEN, this::probeRead);
    }

    /** Probes leases and fills if anything is degraded, unless such a probe is in flight. */
    void probeIfDegraded() {
        if (!writeProbeInFlight && isDegraded()) {
            writeProbeInFlight = true;
            link.enqueue(new LeaseProbe());
        }
    }

    private boolean isDegraded() {
        return health(Aspect.READS).isDegraded()
                || health(Aspect.LEASES).isDegraded()
                || health(Aspect.FILLS).isDegraded();
    }

    private StoreHealth health(Aspect aspect) {
        return link.health().of(aspect);
    }

    private void probeRead() {
        if (link.isBreakerClosed() || link.isClosed()) {
            return;
        }
        if (link.canProbe()) {
            link.enqueue(new ReadProbe());
        } else {
            probeUntilClosed();
        }
    }

    private void judge(Aspect aspect, boolean isProof, long sentAt, Duration time) {
        if (loop.nanos() - sentAt >= time.toNanos()) {
            health(aspect).degraded(InFlightRequests.LATE);
        } else if (isProof) {
            health(aspect).recovered();
        }
    }

    /** A read as lookups make it. A PING would not do: a Redis that refuses reads may well answer it. */
    private final class ReadProbe extends RedisRequest<ValuesReply> {

        private ReadProbe() {
            super(Kind.PROBE);
        }

        @Override
        protected ProtocolKeyword command() {
            return CommandType.MGET;
        }

        @Override
        protected CommandArgs<byte[], byte[]> arguments() {
            return CommandRequest.args().addKey(link.keys().nobody());
        }

        @Override
        protected ValuesReply newReply() {
            return new ValuesReply(1);
        }

        @Override
        protected void complete(ValuesReply reply) {
            ended(false);
        }

        @Override
        protected void fail(Failure why, String reason) {
            ended(true);
        }

        /** At once after one that decided nothing; those that fail are not many a second. */
        private void ended(boolean isFailure) {
            if (link.probed(this, isFailure)) {
                probeRead();
            } else if (!link.isBreakerClosed()) {
                probeUntilClosed();
            }
        }
    }

    private final class LeaseProbe extends ScriptRequest<LeaseReply> {

        private LeaseProbe() {
            super(Kind.UPKEEP, Script.LEASE);
        }

        @Override
        protected int keys() {
            return 3;
        }

        @Override
        protected void addTo(CommandArgs<byte[], byte[]> arguments) {
            arguments
                    .addKey(link.keys().nobody())
                    .addKey(link.keys().leaseOfNobody())
                    .addKey(link.keys().absenceOfNobody())
                    .add(TOKEN)
                    .add(leaseTime.toMillis())
                    .add(0);
        }

        @Override
        protected LeaseReply newReply() {
            return new LeaseReply(1);
        }

        @Override
        protected void complete(LeaseReply reply) {
            boolean granted = reply.answer(0) == LeaseReply.GRANTED;
            health(Aspect.READS).recovered();
            judge(Aspect.LEASES, granted, sentAt(), replyTime);
            if (granted) {
                link.enqueue(new FillProbe());
            } else {
                writeProbeInFlight = false;
            }
        }

        @Override
        protected void fail(Failure why, String reason) {
            writeProbeInFlight = false;
            health(Aspect.LEASES).degraded(reason);
        }
    }

    private final class FillProbe extends ScriptRequest<IntegerOutput<byte[], byte[]>> {

        private FillProbe() {
            super(Kind.UPKEEP, Script.FILL);
        }

        @Override
        protected int keys() {
            return 2;
        }

        @Override
        protected void addTo(CommandArgs<byte[], byte[]> arguments) {
            arguments
                    .addKey(link.keys().nobody())
                    .addKey(link.keys().leaseOfNobody())
                    .add(TOKEN)
                    .add(TOKEN)
                    .add(LIFE_MILLIS);
        }

        @Override
        protected IntegerOutput<byte[], byte[]> newReply() {
            return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
        }

        @Override
        protected void complete(IntegerOutput<byte[], byte[]> reply) {
            writeProbeInFlight = false;
            judge(Aspect.FILLS, reply.get() == 1, sentAt(), fillTime);
        }

        @Override
        protected void fail(Failure why, String reason) {
            writeProbeInFlight = false;
            health(Aspect.FILLS).degraded(reason);
        }
    }
}
