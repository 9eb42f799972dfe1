package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconnectPauseTest {

    private static final InetSocketAddress SERVER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 6379);

    private final List<String> heard = new ArrayList<>();
    private final ReconnectPause pause = new ReconnectPause(heard::add);

    private void connectBriefly() {
        pause.opened(SERVER);
        pause.closed();
    }

    @Test
    void createDelay_attemptsThatFail_growsAndStaysBelowASecond() {
        assertThat(pause.createDelay(1)).isLessThan(pause.createDelay(10));
        assertThat(pause.createDelay(1000)).isEqualTo(Duration.ofMillis(400));
    }

    @Test
    void createDelay_oneBriefConnection_isAsEver() {
        connectBriefly();

        assertThat(pause.createDelay(1)).isLessThan(Duration.ofMillis(50));
    }

    @Test
    void createDelay_briefConnectionsInARow_growsAndIsBounded() {
        connectBriefly();
        connectBriefly();
        assertThat(pause.createDelay(1)).isEqualTo(Duration.ofMillis(100));
        connectBriefly();
        assertThat(pause.createDelay(1)).isEqualTo(Duration.ofMillis(200));
        for (int i = 0; i < 100; i++) {
            connectBriefly();
        }

        assertThat(pause.createDelay(1)).isEqualTo(Duration.ofMillis(1600));
    }

    @Test
    void refused_isPassedOn() {
        pause.refused("sent what is no reply");

        assertThat(heard).containsExactly("sent what is no reply");
    }
}
