package dev.hotcold.http.connection;

import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.request.RequestDecoder;
import dev.hotcold.loop.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpObject;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Closes HTTP/1.1 connections whose request arrives too slowly, and connections of clients that leave a response unread: no byte of
 * what is ready for them was taken for so long, whatever holds it back, a full socket or the flow control of HTTP/2. All connections
 * of a loop are swept four times a second: no timer per request, and only a flag is set on the hot path.
 *
 * <p>Confined to: its event loop.
 */
public final class ConnectionTimeouts {

    private static final Duration SWEEP = Duration.ofMillis(250);

    /** Vert.x's name for the handler that decodes HTTP/1.1. */
    private static final String DECODER = "httpDecoder";

    /** Vert.x's name for the TLS handler. */
    private static final String TLS = "ssl";

    private final Loop loop;
    private final long readNanos;
    private final long writeNanos;
    private final Runnable onStalled;
    private final Map<Channel, Watch> watches = new HashMap<>();

    /**
     * @param read the longest from the first byte of a request to the last of its headers; zero = no limit
     * @param write the longest in which a client may take no byte of its responses; zero = no limit
     * @param onStalled called for each connection that is closed because of {@code write}
     */
    public ConnectionTimeouts(Loop loop, Duration read, Duration write, Runnable onStalled) {
        this.loop = loop;
        this.readNanos = read.toNanos();
        this.writeNanos = write.toNanos();
        this.onStalled = onStalled;
    }

    /** Starts the sweeps. */
    public void start() {
        loop.after(SWEEP, this::sweep);
    }

    /**
     * Watches a connection from which nothing but a TLS handshake has been read.
     *
     * @param unread those of the channel
     */
    public void watch(Channel channel, UnreadResponses unread) {
        assert loop.isCurrent();
        Watch watch = new Watch(channel, unread);
        watches.put(channel, watch);
        var _ = channel.closeFuture().addListener(closed -> watches.remove(channel));
        channel.pipeline().addFirst(watch.failures);
        if (readNanos > 0) {
            addBehindTls(channel.pipeline(), watch.bytes);
        }
    }

    /** The pipeline for the connection's protocol is complete: with the TLS handshake, or with the headers of the first request. */
    public void protocolKnown(Channel channel, boolean http2) {
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
            // Bytes of HTTP/2 may be of any frame.
            channel.pipeline().remove(watch.bytes);
        }
    }

    /** Not before it: bytes of TLS need not be part of a request. */
    private static void addBehindTls(ChannelPipeline pipeline, ChannelInboundHandlerAdapter handler) {
        if (pipeline.context(TLS) == null) {
            pipeline.addFirst(handler);
        } else {
            pipeline.addAfter(TLS, null, handler);
        }
    }

    private void sweep() {
        long now = loop.nanos();
        // Copied: closing one and resetting streams of one may end others.
        for (Watch watch : List.copyOf(watches.values())) {
            watch.unread.refresh();
            if (readNanos > 0 && watch.isReadOverdue(now)) {
                watch.close();
            } else if (writeNanos > 0 && watch.isStuck(now)) {
                watch.countStalled();
                watch.close();
            }
        }
        loop.after(SWEEP, this::sweep);
    }

    /** The kernel has ended the connection: what it holds for the client was not taken for as long as the write limit. */
    private static boolean isUserTimeout(Throwable cause) {
        return cause instanceof IOException
                && String.valueOf(cause.getMessage()).contains("Connection timed out");
    }

    /** The state of one connection. */
    private final class Watch {

        private final Channel channel;
        private final UnreadResponses unread;
        private final ChannelInboundHandlerAdapter bytes = new Bytes();
        private final ChannelInboundHandlerAdapter requests = new Requests();
        private final ChannelInboundHandlerAdapter failures = new Failures();
        private boolean isCounted;
        private boolean requestIncomplete;
        private long requestBeganAt;
        private @Nullable Object unwritten;
        private long unwrittenProgress;
        private long unwrittenSince;

        private Watch(Channel channel, UnreadResponses unread) {
            this.channel = channel;
            this.unread = unread;
        }

        private boolean isReadOverdue(long now) {
            if (!requestIncomplete || now - requestBeganAt < readNanos) {
                return false;
            }
            RequestDecoder decoder = channel.pipeline().get(RequestDecoder.class);
            if (decoder != null && decoder.isWaiting()) {
                // The next request may be whole: it is decoded after the response before it.
                requestBeganAt = now;
                return false;
            }
            return true;
        }

        /** Whether the client has taken nothing for too long. */
        private boolean isStuck(long now) {
            return isSocketStuck(now) || unread.isStalled(now, writeNanos);
        }

        private void countStalled() {
            if (!isCounted) {
                isCounted = true;
                onStalled.run();
            }
        }

        private void close() {
            // From the head of the pipeline: Vert.x would first wait for the pending writes.
            var _ = channel.pipeline().firstContext().close();
        }

        /** Whether the first entry of the channel's outbound buffer has not progressed for too long. */
        private boolean isSocketStuck(long now) {
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

        /** At the head, so that it hears of the socket's failures before others handle them. */
        private final class Failures extends ChannelInboundHandlerAdapter {
            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                if (isUserTimeout(cause)) {
                    countStalled();
                }
                context.fireExceptionCaught(cause);
            }
        }

        /** In front of the decoder: bytes begin or continue a request. */
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

        /** Behind the decoder: the headers are complete, or this is a piece of a body, which has no limit. */
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
