package dev.hotcold.app.jdbc;

import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.driver.PostgresSession.KeepAlive;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import javax.net.SocketFactory;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Sockets of TCP, or of a file, whose input is watched by {@link MessageStream}. Made by pgjdbc, which is given the name of the
 * class, and hands over the properties of the connection.
 */
public final class GuardedSockets extends SocketFactory {

    private static final String FILE = "hotcold.unixsocket";
    private static final String IDLE = "hotcold.keepalives_idle";
    private static final String INTERVAL = "hotcold.keepalives_interval";
    private static final String COUNT = "hotcold.keepalives_count";

    private final Properties properties;

    /** For pgjdbc. */
    public GuardedSockets(Properties properties) {
        this.properties = properties;
    }

    /** Has a connection use such sockets. */
    static void use(Properties properties, PostgresEndpoint endpoint) {
        PGProperty.SOCKET_FACTORY.set(properties, GuardedSockets.class.getName());
        endpoint.unixSocket().ifPresent(file -> properties.setProperty(FILE, file.toString()));
        KeepAlive keepAlive = endpoint.session().keepAlive();
        properties.setProperty(IDLE, Integer.toString(keepAlive.idleSeconds()));
        properties.setProperty(INTERVAL, Integer.toString(keepAlive.intervalSeconds()));
        properties.setProperty(COUNT, Integer.toString(keepAlive.count()));
    }

    private InputStream guarded(InputStream in) {
        Duration login = MessageStream.LONGEST_LOGIN;
        String seconds = PGProperty.LOGIN_TIMEOUT.getOrDefault(properties);
        Duration asked = seconds == null ? Duration.ZERO : Duration.ofSeconds(Long.parseLong(seconds));
        return new MessageStream(in, Runtime.getRuntime().maxMemory(), login.compareTo(asked) > 0 ? login : asked);
    }

    private final class GuardedSocket extends Socket {

        private @Nullable InputStream guarded;

        @Override
        public void connect(SocketAddress address, int timeout) throws IOException {
            super.connect(address, timeout);
            set(ExtendedSocketOptions.TCP_KEEPIDLE, IDLE);
            set(ExtendedSocketOptions.TCP_KEEPINTERVAL, INTERVAL);
            set(ExtendedSocketOptions.TCP_KEEPCOUNT, COUNT);
        }

        private void set(SocketOption<Integer> option, String name) throws IOException {
            int value = Integer.parseInt(properties.getProperty(name, "0"));
            if (value > 0 && supportedOptions().contains(option)) {
                setOption(option, value);
            }
        }

        /** The same each time: a TLS socket on top asks again, and what it reads goes on behind the answer to its request. */
        @Override
        public synchronized InputStream getInputStream() throws IOException {
            if (guarded == null) {
                guarded = guarded(super.getInputStream());
            }
            return guarded;
        }
    }

    @Override
    public Socket createSocket() throws IOException {
        String file = properties.getProperty(FILE);
        return file == null ? new GuardedSocket() : new UnixSocket(Path.of(file), this::guarded);
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        return createSocket(address, port);
    }
}
