package dev.hotcold.cold.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Servers;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.transport.Transport;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The TCP client of the PostgreSQL driver on a real server. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the options are of Linux")
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class PgTransportIT {

    private final Servers servers = Servers.shared();

    private record OnLinux(Transport transport, ChannelOption<Integer> userTimeout) {}

    private static Stream<OnLinux> transports() {
        return Stream.of(
                        Optional.ofNullable(Transport.EPOLL)
                                .map(epoll -> new OnLinux(epoll, EpollChannelOption.TCP_USER_TIMEOUT)),
                        Optional.ofNullable(Transport.IO_URING)
                                .map(ring -> new OnLinux(ring, IoUringChannelOption.TCP_USER_TIMEOUT)))
                .flatMap(Optional::stream)
                .filter(each -> each.transport().available());
    }

    @ParameterizedTest
    @MethodSource("transports")
    void connect_hostThatVanishes_isNoticedAfterFiveSeconds(OnLinux each) {
        Vertx vertx = Vertx.builder().withTransport(each.transport()).build();
        try {
            PgTransport transport = new PgTransport(
                    (VertxInternal) vertx,
                    Duration.ofSeconds(1),
                    new PostgresSession.KeepAlive(true, 40, 7, 3),
                    new JdkSSLEngineOptions(),
                    _ -> new ChannelInboundHandlerAdapter());
            NetSocketInternal socket = (NetSocketInternal) transport
                    .createNetClient(new NetClientOptions())
                    .connect(servers.postgres().port(), "127.0.0.1")
                    .await();
            Channel channel = socket.channelHandlerContext().channel();

            assertThat(channel.config().getOption(each.userTimeout())).isEqualTo(5_000);
            assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(channel.config().getOptions()).containsValues(40, 7, 3);
        } finally {
            vertx.close().await();
        }
    }
}
