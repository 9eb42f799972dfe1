package dev.hotcold.http.connection;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;

/** A channel whose client reads only as many bytes of what is written first as the test lets it. */
final class StuckChannel extends EmbeddedChannel {

    private long readable;

    StuckChannel(ChannelHandler... handlers) {
        super(handlers);
    }

    /** Lets the client read. */
    void letRead(long bytes) {
        readable += bytes;
        flush();
    }

    /** Lets the client read the whole first message. */
    void letReadFirstMessage() {
        unsafe().outboundBuffer().remove();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) {
        out.progress(readable);
        readable = 0;
    }
}
