package dev.hotcold.app;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.CountDownLatch;

/** The event loops of the process. None ends before the service is closed, unless it has failed, as by want of memory. */
final class EventLoops {

    private EventLoops() {}

    /** Opens when one of the loops has ended. */
    static CountDownLatch firstToEnd(Vertx vertx) {
        CountDownLatch ended = new CountDownLatch(1);
        for (EventExecutor loop : ((VertxInternal) vertx).nettyEventLoopGroup()) {
            var _ = loop.terminationFuture().addListener(terminated -> ended.countDown());
        }
        return ended;
    }
}
