package dev.hotcold.app.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/** Sockets whose input is watched by {@link MessageStream}. Made by pgjdbc, which is given the name of the class. */
public final class GuardedSockets extends SocketFactory {

    private static final class GuardedSocket extends Socket {

        @Override
        public InputStream getInputStream() throws IOException {
            return new MessageStream(
                    super.getInputStream(), Runtime.getRuntime().maxMemory());
        }
    }

    @Override
    public Socket createSocket() {
        return new GuardedSocket();
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
