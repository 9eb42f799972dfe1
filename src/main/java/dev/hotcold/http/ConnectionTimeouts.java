package dev.hotcold.http;

import dev.hotcold.lookup.LoopTimer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Closes HTTP/1.1 connections whose request arrives too slowly, and connections of clients that leave a response unread.
 * All connections of a loop are looked at a few times a second: no timer per request, and nothing done on the hot path
 * but to set a flag.
 *
 * <p>Confined to: its event loop.
 */
final class ConnectionTimeouts {

    private static final Duration SWEEP = Duration.ofMillis(250);

    private final LoopTimer timer;
    private final LongSupplier nanoClock;
    private final long readNanos;
    private final long writeNanos;
    private final Map<Channel, Watch> watches = new HashMap<>();

    /**
     * @param read the longest from the first byte of a request to the last of its headers; zero = no limit
     * @param write the longest without progress in the writing of a response; zero = no limit
     */
    ConnectionTimeouts(LoopTimer timer, LongSupplier nanoClock, Duration read, Duration write) {
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.readNanos = read.toNanos();
        this.writeNanos = write.toNanos();
    }

    /** Begins to look after connections. */
    void start() {
        if (readNanos > 0 || writeNanos > 0) {
            timer.after(SWEEP, this::sweep);
        }
    }

    /**
     * Begins to look after a connection; one that was upgraded to another protocol is looked after anew.
     *
     * @param limitReads whether bytes that arrive are a request's; not so in HTTP/2, where they may be any frame
     */
    Watch watch(Channel channel, boolean limitReads) {
        Watch watch = new Watch(channel);
        Watch upgraded = watches.put(channel, watch);
        if (upgraded == null) {
            var _ = channel.closeFuture().addListener(closed -> watches.remove(channel));
        } else if (channel.pipeline().context(upgraded) != null) {
            channel.pipeline().remove(upgraded);
        }
        if (limitReads && readNanos > 0) {
            channel.pipeline().addFirst(watch);
        }
        return watch;
    }

    private void sweep() {
        long now = nanoClock.getAsLong();
        List<Channel> late = new ArrayList<>();
        for (Watch watch : watches.values()) {
            if (watch.isLate(now)) {
                late.add(watch.channel);
            }
        }
        for (Channel channel : late) {
            var _ = channel.close();
        }
        timer.after(SWEEP, this::sweep);
    }

    /** What is known of one connection. */
    final class Watch extends ChannelInboundHandlerAdapter {

        private final Channel channel;
        private boolean requestIncomplete;
        private long requestBeganAt;
        private @Nullable Object unwritten;
        private long unwrittenProgress;
        private long unwrittenSince;

        private Watch(Channel channel) {
            this.channel = channel;
        }

        /** The headers of a request have arrived. */
        void requestArrived() {
            requestIncomplete = false;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (!requestIncomplete) {
                requestIncomplete = true;
                requestBeganAt = nanoClock.getAsLong();
            }
            context.fireChannelRead(message);
        }

        private boolean isLate(long now) {
            return (readNanos > 0 && requestIncomplete && now - requestBeganAt >= readNanos)
                    || (writeNanos > 0 && isStuck(now));
        }

        /** Whether what stands first in the channel's outbound buffer has not moved for too long. */
        private boolean isStuck(long now) {
            ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
            Object current = buffer == null ? null : buffer.current();
            if (buffer == null || current == null) {
                unwritten = null;
                return false;
            }
            if (current != unwritten || buffer.currentProgress() != unwrittenProgress) {
                unwritten = current;
                unwrittenProgress = buffer.currentProgress();
                unwrittenSince = now;
            }
            return now - unwrittenSince >= writeNanos;
        }
    }
}
