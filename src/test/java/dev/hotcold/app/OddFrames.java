package dev.hotcold.app;

import dev.hotcold.testkit.RawHttp2Client;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Makes up what one client sends on an HTTP/2 connection. A lawful client uses all that RFC 9113 allows: padding, priorities,
 * CONTINUATION, windows of any size, resets, unknown frames. An odd one breaks the rules between its requests, floods, and may
 * damage the bytes. The same seed makes the same bytes.
 *
 * <p>Confined to: one thread.
 */
final class OddFrames {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PRIORITY = 2;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PUSH_PROMISE = 5;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITIZED = 0x20;

    private static final int DEFAULT_WINDOW = 65_535;
    private static final int LARGEST_FRAME = 16_384;

    /** Frames of one client, and how often the odd one may repeat one of them. */
    private static final int MOST_FRAMES = 40;

    private static final int LONGEST_FLOOD = 500;

    /** Frames of one block of headers, besides its first. */
    private static final int MOST_CONTINUATIONS = 12;

    /** What of a body and of headers a lawful client may send. */
    private static final int MOST_DATA = 1_000;

    private static final int WIDE_WINDOW = 1 << 20;

    /** Method, target, and the status that answers it. */
    private static final String[][] REQUESTS = {
        {"GET", "/v1/users?user_id=alice", "200"},
        {"GET", "/v1/users?user_id=alice", "200"},
        {"GET", "/v1/users?user_id=%61lice&x", "200"},
        {"HEAD", "/v1/users?user_id=alice", "200"},
        {"GET", "/v1/users?user_id=nobody", "404"},
        {"GET", "/v1/users", "400"},
        {"GET", "/v1/users?user_id=%", "400"},
        {"POST", "/v1/users?user_id=alice", "405"},
        {"GET", "/nowhere", "404"},
        {"GET", "/healthz", "200"}
    };

    /** Settings and the values that they may have (RFC 9113, section 6.5.2; 0x10 and 0xF0 are unknown). */
    private static final int[][] LAWFUL_SETTINGS = {
        {1, 0, 65_536},
        {2, 0, 1},
        {3, 0, 1_000},
        {INITIAL_WINDOW_SIZE, 0, WIDE_WINDOW},
        {5, LARGEST_FRAME, 0xFFFFFF},
        {6, 16_384, 1 << 20},
        {0x10, 0, 1_000},
        {0xF0, 0, 1_000}
    };

    private static final long[] ODD_NUMBERS = {
        0, 1, 2, 7, 16_383, 16_384, 16_385, 65_535, 0xFFFFFF, 0x1000000, 0x7FFFFFFFL, 0x80000000L, 0xFFFFFFFFL
    };

    private final Random random;
    private final boolean lawful;
    private final DefaultHttp2HeadersEncoder headers;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<String> told = new ArrayList<>();
    private final Map<Integer, Integer> answers = new HashMap<>();
    private final Map<Integer, Long> granted = new HashMap<>();
    private final List<Integer> uploads = new ArrayList<>();
    private long widestWindow = DEFAULT_WINDOW;
    private long grantedInAll = DEFAULT_WINDOW;
    private int nextStream = 1;
    private int last;

    /**
     * What one client sends behind the preface of the connection.
     *
     * @param told the frames, to be read
     * @param exact whether the bytes are the frames that are told: nothing is damaged
     * @param answers by stream, the status of the response that must come to its end; empty for an odd client
     * @param windows by stream on which something was requested, the most bytes that the server may send
     * @param window the most bytes that the server may send in all
     */
    record Client(
            ByteBuffer bytes,
            List<String> told,
            boolean exact,
            Map<Integer, Integer> answers,
            Map<Integer, Long> windows,
            long window) {

        /** One of which no more is known than its bytes. */
        static Client of(byte[] bytes) {
            return new Client(ByteBuffer.wrap(bytes), List.of(), false, Map.of(), Map.of(), 0);
        }
    }

    private OddFrames(long seed, boolean lawful) {
        this.random = new Random(seed);
        this.lawful = lawful;
        this.headers = new DefaultHttp2HeadersEncoder(
                (name, value) -> random.nextInt(4) == 0, random.nextBoolean(), 16, random.nextInt(600));
    }

    /** A client that keeps to the rules: each of its requests must be answered, unless it takes it back. */
    static Client lawful(long seed) {
        OddFrames frames = new OddFrames(seed, true);
        frames.setting(frames.pick(LAWFUL_SETTINGS));
        for (int i = 1 + frames.random.nextInt(MOST_FRAMES); i > 0; i--) {
            frames.addLawful();
        }
        for (int stream : frames.uploads) {
            frames.add(DATA, END_STREAM, stream, new byte[0]);
        }
        frames.setting(new int[] {INITIAL_WINDOW_SIZE, WIDE_WINDOW, WIDE_WINDOW});
        frames.grant(0, WIDE_WINDOW);
        return frames.client(false);
    }

    /** A client that does not. */
    static Client odd(long seed) {
        OddFrames frames = new OddFrames(seed, false);
        frames.setting(frames.pick(LAWFUL_SETTINGS));
        for (int i = 1 + frames.random.nextInt(MOST_FRAMES); i > 0; i--) {
            if (frames.random.nextInt(3) > 0) {
                frames.addLawful();
            } else {
                frames.addOdd();
            }
            if (frames.random.nextInt(12) == 0) {
                frames.flood();
            }
        }
        return frames.client(frames.random.nextInt(3) == 0);
    }

    private Client client(boolean damaged) {
        Map<Integer, Long> windows = new HashMap<>();
        granted.forEach((stream, bytes) -> windows.put(stream, bytes + widestWindow));
        byte[] sent = bytes.toByteArray();
        return new Client(
                ByteBuffer.wrap(damaged ? damage(sent) : sent),
                told,
                !damaged,
                lawful ? answers : Map.of(),
                windows,
                grantedInAll);
    }

    private void addLawful() {
        int any = 1 + random.nextInt(nextStream);
        switch (random.nextInt(14)) {
            case 0, 1, 2, 3, 4 -> request(pick(REQUESTS), true);
            case 5 -> {
                uploads.add(nextStream);
                request(pick(REQUESTS), false);
            }
            case 6 -> {
                if (!uploads.isEmpty()) {
                    int stream = uploads.get(random.nextInt(uploads.size()));
                    data(stream, 1 + random.nextInt(MOST_DATA), false);
                }
            }
            case 7 -> {
                if (!uploads.isEmpty()) {
                    int stream = uploads.removeLast();
                    if (random.nextBoolean()) {
                        data(stream, random.nextInt(MOST_DATA), true);
                    } else {
                        block(stream, END_STREAM, encoded(stream, new DefaultHttp2Headers().add("x", "trailer")));
                    }
                }
            }
            case 8 -> add(PRIORITY, 0, any, priority(any + 1));
            case 9 -> {
                int stream = any | 1;
                if (stream < nextStream && random.nextInt(3) == 0) {
                    answers.remove(stream);
                    uploads.remove((Integer) stream);
                    add(RST_STREAM, 0, stream, number(random.nextInt(14)));
                }
            }
            case 10 -> add(PING, 0, 0, new byte[8]);
            case 11 -> setting(pick(LAWFUL_SETTINGS));
            case 12 -> {
                int stream = any | 1;
                grant(random.nextBoolean() || stream >= nextStream ? 0 : stream, 1 + random.nextInt(WIDE_WINDOW));
            }
            default -> add(0xB + random.nextInt(0xF0), random.nextInt(256), any, new byte[random.nextInt(100)]);
        }
    }

    private void addOdd() {
        int any = random.nextInt(3) == 0 ? (int) (oddNumber() & 0x7FFFFFFF) : random.nextInt(nextStream + 3);
        int flags = random.nextInt(256);
        byte[] payload = new byte[random.nextInt(6) == 0 ? random.nextInt(LARGEST_FRAME + 2) : random.nextInt(20)];
        switch (random.nextInt(14)) {
            case 0 -> add(DATA, flags, any, payload);
            case 1 -> add(HEADERS, flags, any, payload);
            case 2 -> add(PRIORITY, flags, any, payload.length > 8 ? priority(any) : payload);
            case 3 -> add(RST_STREAM, flags, any, payload.length > 8 ? number((int) oddNumber()) : payload);
            case 4 -> setting(new int[] {random.nextInt(8), (int) oddNumber(), 0});
            case 5 -> add(SETTINGS, flags, random.nextInt(8) == 0 ? any : 0, payload);
            case 6 -> add(PUSH_PROMISE, flags, any, payload);
            case 7 -> add(PING, flags, random.nextBoolean() ? 0 : any, new byte[random.nextBoolean() ? 8 : 7]);
            case 8 -> add(GOAWAY, flags, random.nextInt(8) == 0 ? any : 0, new byte[8 + random.nextInt(20)]);
            case 9 -> grant(random.nextBoolean() ? 0 : any, (int) oddNumber());
            case 10 -> add(CONTINUATION, flags, any, payload);
            case 11 -> {
                // Headers that name what the table does not have, change its size, or have no end.
                random.nextBytes(payload);
                granted.putIfAbsent(nextStream, 0L);
                add(HEADERS, random.nextBoolean() ? END_HEADERS : END_STREAM, nextStream, payload);
                nextStream += 2;
            }
            case 12 -> {
                String[] request = pick(REQUESTS).clone();
                request[random.nextInt(2)] = random.nextBoolean() ? "" : "x".repeat(random.nextInt(12_000));
                request(request, random.nextBoolean());
            }
            default -> {
                nextStream = Math.max(1, nextStream - 2 * random.nextInt(3));
                request(pick(REQUESTS), random.nextBoolean());
            }
        }
    }

    /** The last frame again and again, or the last request with ever new streams. */
    private void flood() {
        byte[] sent = bytes.toByteArray();
        int times = 1 + random.nextInt(LONGEST_FLOOD);
        if (random.nextBoolean()) {
            told.add(times + " times the last");
            int length = sent.length - last;
            for (int i = 0; i < times; i++) {
                bytes.write(sent, last, length);
            }
            // One flood behind another repeats the frame, and not the flood.
            last = bytes.size() - length;
        } else {
            String[] request = pick(REQUESTS);
            boolean resets = random.nextBoolean();
            for (int i = 0; i < times; i++) {
                request(request, random.nextBoolean());
                if (resets) {
                    add(RST_STREAM, 0, nextStream - 2, number(8));
                }
            }
        }
    }

    private void request(String[] request, boolean whole) {
        Http2Headers fields = new DefaultHttp2Headers(false)
                .method(request[0])
                .scheme("http")
                .path(request[1])
                .authority("a")
                .add("user-agent", "odd");
        if (random.nextInt(8) == 0) {
            fields.add("x", "y".repeat(random.nextInt(MOST_DATA)));
        }
        granted.putIfAbsent(nextStream, 0L);
        if (whole) {
            answers.put(nextStream, Integer.parseInt(request[2]));
        }
        block(nextStream, whole ? END_STREAM : 0, encoded(nextStream, fields));
        nextStream += 2;
    }

    /** Headers in one frame or in several, with padding and a priority or without. */
    private void block(int stream, int flags, byte[] block) {
        int end = random.nextInt(4) == 0 ? random.nextInt(block.length + 1) : block.length;
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        int padding = random.nextInt(4) == 0 ? random.nextInt(256) : -1;
        if (padding >= 0) {
            payload.write(padding);
            flags |= PADDED;
        }
        if (random.nextInt(4) == 0) {
            payload.writeBytes(priority(stream + 1));
            flags |= PRIORITIZED;
        }
        payload.write(block, 0, end);
        payload.writeBytes(new byte[Math.max(0, padding)]);
        add(HEADERS, flags | (end == block.length ? END_HEADERS : 0), stream, payload.toByteArray());
        int frames = 0;
        while (end < block.length) {
            int begin = end;
            // Netty takes sixteen short ones.
            end = ++frames == MOST_CONTINUATIONS ? block.length : end + 1 + random.nextInt(block.length - begin);
            add(CONTINUATION, end == block.length ? END_HEADERS : 0, stream, Arrays.copyOfRange(block, begin, end));
        }
    }

    private void data(int stream, int length, boolean ends) {
        boolean padded = random.nextInt(4) == 0;
        byte[] payload = new byte[padded ? 1 + length + 100 : length];
        if (padded) {
            payload[0] = 100;
        }
        add(DATA, (ends ? END_STREAM : 0) | (padded ? PADDED : 0), stream, payload);
    }

    /** @param setting which, its least and its greatest value; an odd one may have the first greater than the second */
    private void setting(int[] setting) {
        int value = setting[1] < setting[2] ? random.nextInt(setting[1], setting[2] + 1) : setting[1];
        if (setting[0] == INITIAL_WINDOW_SIZE) {
            widestWindow = Math.max(widestWindow, value & 0xFFFFFFFFL);
        }
        add(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6)
                        .putShort((short) setting[0])
                        .putInt(value)
                        .array());
    }

    private void grant(int stream, int window) {
        long length = window & 0x7FFFFFFF;
        if (stream == 0) {
            grantedInAll += length;
        } else {
            granted.computeIfPresent(stream, (number, before) -> before + length);
        }
        add(WINDOW_UPDATE, 0, stream, number(window));
    }

    private byte[] encoded(int stream, Http2Headers fields) {
        ByteBuf block = Unpooled.buffer();
        try {
            headers.encodeHeaders(stream, fields, block);
            return ByteBufUtil.getBytes(block);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Changes, takes away, repeats or inserts bytes. */
    private byte[] damage(byte[] sent) {
        StringBuilder text = new StringBuilder(new String(sent, StandardCharsets.ISO_8859_1));
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + 1 + random.nextInt(20));
            switch (random.nextInt(4)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.setCharAt(at, (char) (text.charAt(at) ^ 1 << random.nextInt(8)));
                case 2 -> text.insert(at, text.substring(at, end));
                default -> text.delete(at, Math.min(end, text.length() - 1));
            }
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private void add(int type, int flags, int stream, byte[] payload) {
        last = bytes.size();
        told.add("type %d flags %02x stream %d, %d bytes".formatted(type, flags, stream, payload.length));
        bytes.writeBytes(RawHttp2Client.frame(type, flags, stream, payload));
    }

    private byte[] priority(int dependsOn) {
        return ByteBuffer.allocate(5)
                .putInt(dependsOn)
                .put((byte) random.nextInt())
                .array();
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private long oddNumber() {
        return ODD_NUMBERS[random.nextInt(ODD_NUMBERS.length)];
    }

    private <T> T pick(T[] values) {
        return values[random.nextInt(values.length)];
    }
}
