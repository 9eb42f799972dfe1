package dev.hotcold.testkit;

import io.vertx.core.MultiMap;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * One HTTP/1.1 connection whose bytes the test decides: half requests, pipelined ones, and responses left unread. Fails
 * with {@link UncheckedIOException} when the other side has gone, or says nothing for the patience.
 *
 * <p>Confined to: one thread.
 */
public final class RawClient implements AutoCloseable {

    /** The longest a read waits. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Socket socket;
    private final InputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** Connects on the loopback address. */
    public static RawClient connect(int port) {
        return connect("127.0.0.1", port);
    }

    /** Connects. */
    public static RawClient connect(String host, int port) {
        return connect(host, port, 0);
    }

    /**
     * Connects.
     *
     * @param receiveBuffer bytes that the kernel may take before the test reads them; 0 = as it likes
     */
    public static RawClient connect(String host, int port, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), port));
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects on the loopback address, by its name, and shakes hands. */
    public static RawClient connect(int port, SSLContext tls) {
        try {
            SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
            socket.startHandshake();
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the server has proven itself with. */
    public X509Certificate certificate() {
        try {
            return (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The request for a user, whole. */
    public static String request(String userId) {
        return "GET /v1/users?user_id=" + userId + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    /** Sends text as it is. */
    public RawClient send(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Looks a user up and reads the response. */
    public Response lookup(String userId) {
        return send(request(userId)).readResponse();
    }

    /** Reads a response that tells its length. */
    public Response readResponse() {
        try {
            String statusLine = readLine();
            MultiMap headers = MultiMap.caseInsensitiveMultiMap();
            for (String line = readLine(); !line.isEmpty(); line = readLine()) {
                int colon = line.indexOf(':');
                headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
            }
            int length = Integer.parseInt(headers.get("Content-Length"));
            byte[] body = in.readNBytes(length);
            if (body.length < length) {
                throw new EOFException("cut after " + body.length + " of " + length + " bytes of a body");
            }
            int status = Integer.parseInt(statusLine.split(" ", 3)[1]);
            return new Response(status, headers, new String(body, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads on. @return how many bytes came, at most so many; fewer only when the server has closed the connection */
    public int skip(int most) {
        try {
            int skipped = 0;
            while (skipped < most && in.read() >= 0) {
                skipped++;
            }
            return skipped;
        } catch (SocketException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until the server has closed the connection. @return what came */
    public String readToEnd() {
        try {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until the server has closed the connection. @return how long that took */
    public Duration awaitCut() {
        long begin = System.nanoTime();
        try {
            in.transferTo(ByteArrayOutputStream.nullOutputStream());
        } catch (SocketException | SSLException e) {
            // Reset: the server closed with something of ours unread, or without a farewell of TLS.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** Sends a line break, which a server ignores before a request. @return whether the server has closed */
    public boolean isCut() {
        try {
            socket.getOutputStream().write('\n');
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int octet = in.read();
        while (octet >= 0 && octet != '\n') {
            line.write(octet);
            octet = in.read();
        }
        if (octet < 0) {
            throw new EOFException("the server closed the connection");
        }
        return line.toString(StandardCharsets.ISO_8859_1).strip();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
