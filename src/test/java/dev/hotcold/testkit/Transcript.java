package dev.hotcold.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * All that a server has sent on one HTTP/1.1 connection, to the end. The responses are taken apart as a strict recipient does:
 * it fails with {@link IllegalStateException} where their framing is in doubt.
 *
 * @param end how the connection ended
 */
public record Transcript(List<Reply> replies, End end) {

    /** How a connection ended. */
    public enum End {
        /** The server has closed it. */
        CLOSED,
        /** The server has reset it, so that a response may be lost. */
        RESET,
        /** The server had nothing more to say within the patience. */
        OPEN
    }

    /**
     * One response.
     *
     * @param headers as they came, names in lower case
     */
    public record Reply(String statusLine, List<String> headers, String body) {

        public int status() {
            return Integer.parseInt(statusLine.substring(9, 12));
        }

        /** The value of a header; "" = none. */
        public String header(String name) {
            return headers.stream()
                    .filter(header -> header.startsWith(name + ": "))
                    .map(header -> header.substring(name.length() + 2))
                    .findFirst()
                    .orElse("");
        }

        public boolean saysClose() {
            return header("connection").equalsIgnoreCase("close");
        }
    }

    /** Sends pieces one after the other on a new connection, and reads until its end, or until nothing has come for so long. */
    public static Transcript of(int port, List<byte[]> pieces, Duration patience) {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            send(socket, pieces);
            End end = readToEnd(socket, received);
            return new Transcript(parse(received), end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A text whose characters are the bytes. */
    public static Transcript of(int port, String request) {
        return of(port, List.of(request.getBytes(StandardCharsets.ISO_8859_1)), Duration.ofSeconds(20));
    }

    private static void send(Socket socket, List<byte[]> pieces) {
        try {
            for (byte[] piece : pieces) {
                socket.getOutputStream().write(piece);
            }
        } catch (IOException e) {
            // The server has closed before it has read all; what it has said can still be read.
        }
    }

    private static End readToEnd(Socket socket, ByteArrayOutputStream received) {
        try {
            socket.getInputStream().transferTo(received);
            return End.CLOSED;
        } catch (SocketTimeoutException e) {
            return End.OPEN;
        } catch (IOException e) {
            return End.RESET;
        }
    }

    private static List<Reply> parse(ByteArrayOutputStream received) {
        String rest = received.toString(StandardCharsets.ISO_8859_1);
        List<Reply> replies = new ArrayList<>();
        while (!rest.isEmpty()) {
            int endOfHead = rest.indexOf("\r\n\r\n");
            if (endOfHead < 0 || !rest.startsWith("HTTP/1.1 ")) {
                throw new IllegalStateException("not a response: " + rest);
            }
            List<String> lines = List.of(rest.substring(0, endOfHead).split("\r\n"));
            List<String> headers =
                    lines.stream().skip(1).map(Transcript::lowerCaseName).toList();
            rest = rest.substring(endOfHead + 4);
            Reply head = new Reply(lines.getFirst(), headers, "");
            int length = bodyLength(head, rest);
            if (length > rest.length()) {
                throw new IllegalStateException("cut: " + head + rest);
            }
            replies.add(new Reply(head.statusLine(), headers, rest.substring(0, length)));
            rest = rest.substring(length);
        }
        return replies;
    }

    /** No body of these tests looks like a response: where one follows, or nothing, it was a request for the headers alone. */
    private static int bodyLength(Reply head, String rest) {
        if (head.status() < 200 || head.status() == 204 || head.status() == 304) {
            return 0;
        }
        boolean isHead = rest.isEmpty() || rest.startsWith("HTTP/1.1 ");
        String length = head.header("content-length");
        if (length.isEmpty() && !(isHead && head.status() == 308)) {
            throw new IllegalStateException("a response without a length: " + head);
        }
        return isHead ? 0 : Integer.parseInt(length);
    }

    private static String lowerCaseName(String header) {
        int colon = header.indexOf(':');
        return header.substring(0, colon).toLowerCase(Locale.ROOT) + header.substring(colon);
    }
}
