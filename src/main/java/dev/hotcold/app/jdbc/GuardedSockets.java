package dev.hotcold.app.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/** Sockets whose input is watched by {@link MessageStream}. Made by pgjdbc, which is given the name of the class. */
public final class GuardedSockets extends SocketFactory {

    private static final class GuardedSocket extends Socket {

        private @Nullable InputStream guarded;

        /** The same each time: a TLS socket on top asks again, and what it reads goes on behind the answer to its request. */
        @Override
        public synchronized InputStream getInputStream() throws IOException {
            if (guarded == null) {
                guarded = new MessageStream(
                        super.getInputStream(), Runtime.getRuntime().maxMemory());
            }
            return guarded;
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
