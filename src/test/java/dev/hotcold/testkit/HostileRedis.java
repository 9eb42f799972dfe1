package dev.hotcold.testkit;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A server that speaks enough of Redis for the login, and then does what the test says. */
public final class HostileRedis {

    private static final String HELLO =
            "%7 +server +redis +version +7.2.4 +proto :3 +id :1 +mode +standalone +role +master +modules *0";

    private HostileRedis() {}

    /** What is done with a command after the login. */
    @FunctionalInterface
    public interface Deed {

        /**
         * Answers a command.
         *
         * @param words its name and its arguments
         */
        void answer(List<String> words, OutputStream out) throws IOException;
    }

    /** Answers the login as Redis does, and all else as the deed says. */
    public static HostileServer start(Deed deed) {
        return HostileServer.start((in, out) -> {
            while (true) {
                List<String> words = command(in);
                if (!logIn(words, out)) {
                    deed.answer(words, out);
                }
            }
        });
    }

    /** Answers even the login as the deed says. */
    public static HostileServer startWithLogin(Deed deed) {
        return HostileServer.start((in, out) -> {
            while (true) {
                deed.answer(command(in), out);
            }
        });
    }

    private static boolean logIn(List<String> words, OutputStream out) throws IOException {
        switch (words.getFirst()) {
            case "HELLO" -> write(out, HELLO.replace(" ", "\r\n") + "\r\n");
            case "AUTH", "SELECT", "PING" -> write(out, "+OK\r\n");
            case "CLIENT" -> write(out, words.get(1).equals("ID") ? ":1\r\n" : "+OK\r\n");
            default -> {
                return false;
            }
        }
        return true;
    }

    public static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** Repeats a text for as long as the client reads. */
    public static void writeForEver(OutputStream out, String text) throws IOException {
        byte[] many = text.repeat(1 + 60_000 / text.length()).getBytes(StandardCharsets.ISO_8859_1);
        while (true) {
            out.write(many);
        }
    }

    private static List<String> command(DataInputStream in) throws IOException {
        int count = Integer.parseInt(line(in).substring(1));
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = Integer.parseInt(line(in).substring(1));
            words.add(new String(in.readNBytes(length), StandardCharsets.ISO_8859_1));
            in.skipNBytes(2);
        }
        return words;
    }

    private static String line(DataInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException();
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 1);
    }
}
