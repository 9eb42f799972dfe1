package dev.hotcold.app.jdbc;

import dev.hotcold.cold.trust.TlsPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.postgresql.PGProperty;

/**
 * Encrypted sockets by a {@link TlsPolicy}. Made by pgjdbc, which is given the name of the class, and hands over the properties of
 * the connection, which are texts: one of them names the policy.
 */
public final class TlsSockets extends SSLSocketFactory {

    private static final String NUMBER = "hotcold.tls";

    /** What the connections use that are being opened. */
    private static final Map<String, Use> USES = new ConcurrentHashMap<>();

    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Use use;

    /**
     * Has one connection use such sockets, until it is closed.
     *
     * @param number names it
     * @param host of the server, as the settings have it
     */
    record Use(String number, TlsPolicy policy, String host) implements AutoCloseable {

        @Override
        public void close() {
            USES.remove(number);
        }
    }

    /**
     * For pgjdbc.
     *
     * @param properties of the connection, as {@link #use} has set them
     * @throws IOException if nobody waits for the connection any more
     */
    public TlsSockets(Properties properties) throws IOException {
        Use found = USES.get(properties.getProperty(NUMBER));
        if (found == null) {
            throw new IOException("the connection was given up");
        }
        use = found;
    }

    /** Has a connection use such sockets. */
    static Use use(Properties properties, TlsPolicy policy, String host) {
        Use use = new Use(Long.toString(NUMBERS.incrementAndGet()), policy, host);
        USES.put(use.number(), use);
        PGProperty.SSL_FACTORY.set(properties, TlsSockets.class.getName());
        properties.setProperty(NUMBER, use.number());
        return use;
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        SSLSocket socket = (SSLSocket)
                use.policy().context(use.host()).getSocketFactory().createSocket(plain, use.host(), port, autoClose);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(use.policy().versions().names().toArray(String[]::new));
        parameters.setServerNames(TlsPolicy.indication(use.host()));
        socket.setSSLParameters(parameters);
        return socket;
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return use.policy().context(use.host()).getSocketFactory().getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return use.policy().context(use.host()).getSocketFactory().getSupportedCipherSuites();
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
