package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EventLoopsTest {

    @Test
    void firstToEnd_oneOfThemEnds_opens() throws InterruptedException {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        CountDownLatch ended = EventLoops.firstToEnd(vertx);
        assertThat(ended.getCount()).isEqualTo(1);

        var _ = ((VertxInternal) vertx).nettyEventLoopGroup().next().shutdownGracefully(0, 0, TimeUnit.SECONDS);

        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        var _ = vertx.close();
    }
}
