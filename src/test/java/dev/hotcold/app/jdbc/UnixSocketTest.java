package dev.hotcold.app.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class UnixSocketTest {

    private static final SocketAddress ANYWHERE = InetSocketAddress.createUnresolved("localhost", 1);

    private Path directory;
    private Path file;
    private ServerSocketChannel server;

    @BeforeEach
    void listen() throws IOException {
        directory = Files.createTempDirectory("unix");
        file = directory.resolve("socket");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(file));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        Files.deleteIfExists(file);
        Files.delete(directory);
    }

    private UnixSocket connect() throws IOException {
        UnixSocket socket = new UnixSocket(file, UnaryOperator.identity());
        socket.connect(ANYWHERE, 5_000);
        return socket;
    }

    @Test
    void read_nothingComes_endsWithItsTimeout() throws IOException {
        try (UnixSocket socket = connect()) {
            socket.setSoTimeout(20);

            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    /** pgjdbc looks for notices with a time-out of a millisecond, and goes on. */
    @Test
    void read_afterATimeout_goesOn() throws IOException {
        try (UnixSocket socket = connect();
                SocketChannel peer = server.accept()) {
            socket.setSoTimeout(1);
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            socket.setSoTimeout(0);

            peer.write(ByteBuffer.wrap(new byte[] {1, -1}));

            assertThat(socket.getInputStream().readNBytes(2)).containsExactly(1, -1);
            peer.shutdownOutput();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void close_whileAnotherThreadReads_wakesIt() throws Exception {
        UnixSocket socket = connect();
        CountDownLatch reading = new CountDownLatch(1);
        InputStream in = socket.getInputStream();
        CompletableFuture<Integer> read = CompletableFuture.supplyAsync(() -> {
            reading.countDown();
            try {
                return in.read();
            } catch (IOException closed) {
                throw new IllegalStateException(closed);
            }
        });
        reading.await();

        socket.close();

        assertThatThrownBy(() -> read.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasCauseInstanceOf(SocketException.class);
        assertThat(socket.isClosed()).isTrue();
        assertThatThrownBy(() -> socket.getOutputStream().write(1)).isInstanceOf(SocketException.class);
    }

    @Test
    void write_moreThanTheKernelHolds_waitsForTheReader() throws Exception {
        byte[] sent = new byte[5_000_000];
        sent[sent.length - 1] = 7;
        try (UnixSocket socket = connect();
                SocketChannel peer = server.accept()) {
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream().write(sent);
                } catch (IOException broken) {
                    throw new IllegalStateException(broken);
                }
            });
            ByteBuffer received = ByteBuffer.allocate(sent.length);
            while (received.hasRemaining() && peer.read(received) >= 0) {
                assertThat(received.position()).isPositive();
            }

            written.get(20, TimeUnit.SECONDS);
            assertThat(received.array()).isEqualTo(sent);
        }
    }

    @Test
    void connect_noSuchFile_isRefusedByItsName() throws IOException {
        Path missing = directory.resolve("missing");
        try (UnixSocket socket = new UnixSocket(missing, UnaryOperator.identity())) {
            assertThatThrownBy(() -> socket.connect(ANYWHERE, 1_000))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining(missing.toString());
        }
    }
}
