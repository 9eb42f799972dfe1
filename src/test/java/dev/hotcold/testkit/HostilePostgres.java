package dev.hotcold.testkit;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** A server that speaks enough of PostgreSQL to reach the place where it does what the test says. */
public final class HostilePostgres {

    private static final int SSL_REQUEST = 80877103;
    private static final int GSS_REQUEST = 80877104;

    private HostilePostgres() {}

    /** What is done at some place of the conversation. */
    @FunctionalInterface
    public interface Deed {

        void act(DataInputStream in, OutputStream out) throws IOException;
    }

    /** Declines encryption, and does the deed in place of a login. */
    public static HostileServer startWithLogin(Deed deed) {
        return HostileServer.start((in, out) -> {
            int length = in.readInt();
            int code = in.readInt();
            while (code == SSL_REQUEST || code == GSS_REQUEST) {
                out.write('N');
                out.flush();
                length = in.readInt();
                code = in.readInt();
            }
            in.skipNBytes(length - 8L);
            deed.act(in, out);
        });
    }

    /** Lets everybody in, and does the deed in place of an answer to whatever is asked first. */
    public static HostileServer start(Deed deed) {
        return startWithLogin((in, out) -> {
            write(out, 'R', 0, 0, 0, 0);
            parameter(out, "client_encoding", "UTF8");
            parameter(out, "server_version", "17.5");
            parameter(out, "standard_conforming_strings", "on");
            parameter(out, "integer_datetimes", "on");
            parameter(out, "DateStyle", "ISO, MDY");
            write(out, 'K', 0, 0, 0, 1, 0, 0, 0, 2);
            write(out, 'Z', 'I');
            read(in);
            deed.act(in, out);
        });
    }

    /** Asks for a login by SCRAM, with a challenge of so many iterations, and answers nothing more. */
    public static Deed scram(int iterations) {
        return (in, out) -> {
            write(out, 'R', concat(new byte[] {0, 0, 0, 10}, "SCRAM-SHA-256\0\0"));
            String first = read(in);
            String nonce = first.substring(first.indexOf("r=") + 2);
            write(out, 'R', concat(new byte[] {0, 0, 0, 11}, "r=" + nonce + "x,s=c2FsdHNhbHQ=,i=" + iterations));
            read(in);
            in.read();
        };
    }

    /** Reads one message; returns its body, byte by byte. */
    public static String read(DataInputStream in) throws IOException {
        in.readByte();
        return new String(in.readNBytes(in.readInt() - 4), StandardCharsets.ISO_8859_1);
    }

    /** Sends one message. */
    public static void write(OutputStream out, char type, int... body) throws IOException {
        byte[] bytes = new byte[body.length];
        for (int i = 0; i < body.length; i++) {
            bytes[i] = (byte) body[i];
        }
        write(out, type, bytes);
    }

    /** Sends one message. */
    public static void write(OutputStream out, char type, byte[] body) throws IOException {
        announce(out, type, body.length + 4);
        out.write(body);
        out.flush();
    }

    /** Sends the beginning of a message, with whatever length. */
    public static void announce(OutputStream out, char type, int length) throws IOException {
        DataOutputStream data = new DataOutputStream(out);
        data.writeByte(type);
        data.writeInt(length);
        data.flush();
    }

    /** Repeats a message for as long as the client reads. */
    public static void writeForEver(OutputStream out, char type, String body) throws IOException {
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        while (many.size() < 60_000) {
            write(many, type, body.getBytes(StandardCharsets.ISO_8859_1));
        }
        while (true) {
            out.write(many.toByteArray());
        }
    }

    private static void parameter(OutputStream out, String name, String value) throws IOException {
        write(out, 'S', (name + "\0" + value + "\0").getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] concat(byte[] head, String tail) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head);
        all.writeBytes(tail.getBytes(StandardCharsets.ISO_8859_1));
        return all.toByteArray();
    }
}
