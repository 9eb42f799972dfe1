package dev.hotcold.http.budget;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * A flow controller for what is sent that leaves all to another one. Netty's codec finds the controller of a connection anew with each
 * frame, so one can be put in front of the other while the connection is open.
 *
 * <p>Confined to: its connection's event loop.
 */
abstract class DelegatingFlowController implements Http2RemoteFlowController {

    private final Http2RemoteFlowController delegate;

    DelegatingFlowController(Http2RemoteFlowController delegate) {
        this.delegate = delegate;
    }

    @Override
    public void addFlowControlled(Http2Stream stream, FlowControlled payload) {
        delegate.addFlowControlled(stream, payload);
    }

    @Override
    public void channelHandlerContext(ChannelHandlerContext context) throws Http2Exception {
        delegate.channelHandlerContext(context);
    }

    @Override
    public ChannelHandlerContext channelHandlerContext() {
        return delegate.channelHandlerContext();
    }

    @Override
    public void initialWindowSize(int newWindowSize) throws Http2Exception {
        delegate.initialWindowSize(newWindowSize);
    }

    @Override
    public int initialWindowSize() {
        return delegate.initialWindowSize();
    }

    @Override
    public int windowSize(Http2Stream stream) {
        return delegate.windowSize(stream);
    }

    @Override
    public void incrementWindowSize(Http2Stream stream, int delta) throws Http2Exception {
        delegate.incrementWindowSize(stream, delta);
    }

    @Override
    public boolean hasFlowControlled(Http2Stream stream) {
        return delegate.hasFlowControlled(stream);
    }

    @Override
    public void writePendingBytes() throws Http2Exception {
        delegate.writePendingBytes();
    }

    @Override
    public void listener(Listener listener) {
        delegate.listener(listener);
    }

    @Override
    public boolean isWritable(Http2Stream stream) {
        return delegate.isWritable(stream);
    }

    @Override
    public void channelWritabilityChanged() throws Http2Exception {
        delegate.channelWritabilityChanged();
    }

    @Override
    public void updateDependencyTree(int childStreamId, int parentStreamId, short weight, boolean exclusive) {
        delegate.updateDependencyTree(childStreamId, parentStreamId, weight, exclusive);
    }
}
