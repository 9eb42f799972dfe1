package dev.hotcold.app.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class MessageStreamTest {

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(sent);

    private void message(char type, int length, int body) throws IOException {
        out.writeByte(type);
        out.writeInt(length);
        out.write(new byte[body]);
    }

    private void logIn() throws IOException {
        message('R', 8, 4);
        message('Z', 5, 1);
    }

    private byte[] read() throws IOException {
        try (MessageStream in = new MessageStream(new ByteArrayInputStream(sent.toByteArray()), 0)) {
            return in.readAllBytes();
        }
    }

    @Test
    void read_loginAndRows_arriveAsTheyAre() throws IOException {
        out.writeByte('N');
        logIn();
        message('D', 2_000_004, 2_000_000);

        assertThat(read()).isEqualTo(sent.toByteArray());
    }

    /** A TLS socket on top of a socket asks it for its stream again. */
    @Test
    void socket_askedTwice_hasOneStream() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new GuardedSockets(new Properties()).createSocket()) {
            socket.connect(server.getLocalSocketAddress());

            assertThat(socket.getInputStream()).isSameAs(socket.getInputStream());
        }
    }

    @Test
    void skip_countsWhatItPasses() throws IOException {
        logIn();
        message('D', 104, 100);
        message('D', Integer.MAX_VALUE, 5);
        try (MessageStream in = new MessageStream(new ByteArrayInputStream(sent.toByteArray()), 0)) {
            in.skipNBytes(9 + 6 + 5 + 100);

            assertThatThrownBy(in::readAllBytes).isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void read_whatIsEncrypted_isPassedOn() throws IOException {
        out.writeByte('S');
        message('E', Integer.MAX_VALUE, 5);

        assertThat(read()).isEqualTo(sent.toByteArray());
    }

    @Test
    void read_longMessageBeforeTheLogin_isRefused() throws IOException {
        message('E', Integer.MAX_VALUE, 1);

        assertThatThrownBy(this::read)
                .isInstanceOf(ProtocolException.class)
                .hasMessage("announced a message of 2147483643 bytes, and 65536 are the most");
    }

    @Test
    void read_longChange_isRefused() throws IOException {
        logIn();
        message('d', Integer.MAX_VALUE, 1);

        assertThatThrownBy(this::read).hasMessage("announced a message of 2147483643 bytes, and 8388608 are the most");
    }

    @Test
    void read_negativeLength_isRefused() throws IOException {
        logIn();
        message('Z', 3, 1);

        assertThatThrownBy(this::read).hasMessage("sent what is no message");
    }

    @Test
    void read_longNoticesBetweenTwoAnswers_areRefusedTogether() throws IOException {
        logIn();
        for (int i = 0; i < 5; i++) {
            message('N', 1_000_004, 1_000_000);
        }

        assertThatThrownBy(this::read).hasMessage("sent more than 4194304 bytes that nobody asked for");
    }

    @Test
    void read_noticesWithoutEnd_areRefused() throws IOException {
        logIn();
        for (int i = 0; i < 10_001; i++) {
            message('N', 5, 1);
        }

        assertThatThrownBy(this::read).hasMessage("sent more than 10000 messages that nobody asked for");
    }
}
