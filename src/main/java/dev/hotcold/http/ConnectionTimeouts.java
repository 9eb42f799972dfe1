package dev.hotcold.http;

import dev.hotcold.loop.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    /** The name that Vert.x gives to the handler that turns bytes into requests. */
    private static final String DECODER = "httpDecoder";

    /** The name that Vert.x gives to the handler that decrypts. */
    private static final String TLS = "ssl";

    private final Loop loop;
    private final long readNanos;
    private final long writeNanos;
    private final Map<Channel, Watch> watches = new HashMap<>();

    /**
     * @param read the longest from the first byte of a request to the last of its headers; zero = no limit
     * @param write the longest without progress in the writing of a response; zero = no limit
     */
    ConnectionTimeouts(Loop loop, Duration read, Duration write) {
        this.loop = loop;
        this.readNanos = read.toNanos();
        this.writeNanos = write.toNanos();
    }

    /** Begins to look after connections. */
    void start() {
        if (readNanos > 0 || writeNanos > 0) {
            loop.after(SWEEP, this::sweep);
        }
    }

    /** Begins to look after a connection from which nothing has been read yet but a handshake. */
    void watch(Channel channel) {
        Watch watch = new Watch(channel);
        watches.put(channel, watch);
        var _ = channel.closeFuture().addListener(closed -> watches.remove(channel));
        if (readNanos > 0) {
            addBehindTls(channel.pipeline(), watch.bytes);
        }
    }

    /**
     * The pipeline for a connection's protocol stands: under TLS since the handshake, which has agreed on it, and otherwise
     * since the headers of the first request.
     */
    void protocolKnown(Channel channel, boolean http2) {
        Watch watch = watches.get(channel);
        if (watch == null || readNanos == 0) {
            return;
        }
        watch.requestIncomplete = false;
        if (channel.pipeline().context(watch.requests) != null) {
            channel.pipeline().remove(watch.requests);
        }
        if (!http2) {
            channel.pipeline().addAfter(DECODER, null, watch.requests);
        } else if (channel.pipeline().context(watch.bytes) != null) {
            // In HTTP/2 the bytes that arrive may be any frame.
            channel.pipeline().remove(watch.bytes);
        }
    }

    /** Encrypted bytes may be no part of a request. */
    private static void addBehindTls(ChannelPipeline pipeline, ChannelInboundHandlerAdapter handler) {
        if (pipeline.context(TLS) == null) {
            pipeline.addFirst(handler);
        } else {
            pipeline.addAfter(TLS, null, handler);
        }
    }

    private void sweep() {
        long now = loop.nanos();
        List<Channel> late = new ArrayList<>();
        for (Watch watch : watches.values()) {
            if (watch.isLate(now)) {
                late.add(watch.channel);
            }
        }
        for (Channel channel : late) {
            // From the front of the pipeline: Vert.x would first wait for what is unwritten.
            var _ = channel.pipeline().firstContext().close();
        }
        loop.after(SWEEP, this::sweep);
    }

    /** What is known of one connection. */
    private final class Watch {

        private final Channel channel;
        private final ChannelInboundHandlerAdapter bytes = new Bytes();
        private final ChannelInboundHandlerAdapter requests = new Requests();
        private boolean requestIncomplete;
        private long requestBeganAt;
        private @Nullable Object unwritten;
        private long unwrittenProgress;
        private long unwrittenSince;

        private Watch(Channel channel) {
            this.channel = channel;
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

        /** Before the decoder: bytes begin or continue a request. */
        private final class Bytes extends ChannelInboundHandlerAdapter {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (!requestIncomplete) {
                    requestIncomplete = true;
                    requestBeganAt = loop.nanos();
                }
                context.fireChannelRead(message);
            }
        }

        /** Behind the decoder: the bytes came to headers, or to a piece of a body, which is not limited. */
        private final class Requests extends ChannelInboundHandlerAdapter {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (message instanceof HttpObject) {
                    requestIncomplete = false;
                }
                context.fireChannelRead(message);
            }
        }
    }
}
