package dev.hotcold.http;

import dev.hotcold.user.ParsedUserId;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Recognises a plain lookup among the bytes of a connection: {@code GET /v1/users?QUERY HTTP/1.1} with headers that change
 * nothing. Whatever else there is to HTTP this class leaves alone: a body, another method, version or path, an upgrade, the
 * wish to close, a header of an unusual form, a request that is longer than most or not complete.
 *
 * <p>Confined to: its event loop.
 */
final class LookupRequest {

    /** The longest request that is looked at. */
    private static final int LONGEST = 2048;

    private static final byte[] BEGINNING = ascii("GET " + UsersEndpoint.PATH + "?");
    private static final byte[] USER_ID = ascii("user_id=");
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
    private static final byte[] KEEP_ALIVE = ascii("keep-alive");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] AUTHORIZATION = ascii("authorization");
    private static final byte[] API_KEY = ascii("x-api-key");
    private static final byte[] CACHE_CONTROL = ascii("cache-control");
    private static final byte[][] NEVER_PLAIN = {
        ascii("content-length"), ascii("transfer-encoding"), ascii("expect"), ascii("upgrade")
    };

    private static final boolean[] TOKEN = tokens();

    private final int longest;
    private final boolean cacheControlMatters;
    private final byte[] bytes = new byte[LONGEST];
    private int length;
    private ParsedUserId userId = ParsedUserId.Malformed.MALFORMED;
    private @Nullable String authorization;
    private @Nullable String apiKey;

    /**
     * @param longest bytes of a request that is within all limits
     * @param cacheControlMatters whether a request with Cache-Control is not plain
     */
    LookupRequest(int longest, boolean cacheControlMatters) {
        this.longest = Math.min(longest, LONGEST);
        this.cacheControlMatters = cacheControlMatters;
    }

    /** Whether the readable bytes begin with a plain lookup, which the other methods then tell of. Takes nothing. */
    boolean read(ByteBuf in) {
        int available = Math.min(in.readableBytes(), longest);
        in.getBytes(in.readerIndex(), bytes, 0, available);
        authorization = null;
        apiKey = null;
        int headers = readTarget(available);
        return headers >= 0 && readHeaders(headers, available);
    }

    /** How many bytes it takes. */
    int length() {
        return length;
    }

    /** Whom it asks for. */
    ParsedUserId userId() {
        return userId;
    }

    /** The first Authorization header; null = none. */
    @Nullable String authorization() {
        return authorization;
    }

    /** The first X-API-Key header; null = none. */
    @Nullable String apiKey() {
        return apiKey;
    }

    /** @return where the headers begin; -1 = it is no plain lookup */
    private int readTarget(int available) {
        if (!startsWith(BEGINNING, 0, available)) {
            return -1;
        }
        int query = BEGINNING.length;
        int end = query;
        boolean escaped = false;
        while (end < available && bytes[end] > ' ' && bytes[end] < 0x7F && bytes[end] != '#') {
            escaped |= bytes[end] == '&' || bytes[end] == '%' || bytes[end] == '+';
            end++;
        }
        if (!startsWith(VERSION, end, available)) {
            return -1;
        }
        userId = !escaped && startsWith(USER_ID, query, end)
                ? UserId.parse(text(query + USER_ID.length, end))
                : UserIdParameter.parse(text(query, end));
        return end + VERSION.length;
    }

    private boolean readHeaders(int start, int available) {
        int at = start;
        while (at + 1 < available && bytes[at] != '\r') {
            int name = at;
            while (at < available && bytes[at] >= 0 && TOKEN[bytes[at]]) {
                at++;
            }
            int nameEnd = at;
            if (nameEnd == name || at == available || bytes[at] != ':') {
                return false;
            }
            at++;
            while (at < available && (bytes[at] >= ' ' || bytes[at] == '\t') && bytes[at] != 0x7F) {
                at++;
            }
            if (!isLineEnd(at, available) || !isPlain(name, nameEnd, at)) {
                return false;
            }
            at += 2;
        }
        length = at + 2;
        return isLineEnd(at, available);
    }

    private boolean isLineEnd(int at, int available) {
        return at + 1 < available && bytes[at] == '\r' && bytes[at + 1] == '\n';
    }

    /** @param end of the value, which begins behind the colon */
    private boolean isPlain(int name, int nameEnd, int end) {
        switch (nameEnd - name) {
            case 9 -> {
                if (apiKey == null && is(API_KEY, name, nameEnd)) {
                    apiKey = text(nameEnd + 1, end).strip();
                }
            }
            case 10 -> {
                return !is(CONNECTION, name, nameEnd) || isKeepAlive(nameEnd + 1, end);
            }
            case 13 -> {
                if (authorization == null && is(AUTHORIZATION, name, nameEnd)) {
                    authorization = text(nameEnd + 1, end).strip();
                }
                return !cacheControlMatters || !is(CACHE_CONTROL, name, nameEnd);
            }
            case 6, 7, 14, 17 -> {
                for (byte[] never : NEVER_PLAIN) {
                    if (is(never, name, nameEnd)) {
                        return false;
                    }
                }
            }
            default -> {}
        }
        return true;
    }

    private boolean isKeepAlive(int start, int end) {
        int from = start;
        while (from < end && bytes[from] == ' ') {
            from++;
        }
        return is(KEEP_ALIVE, from, end);
    }

    private boolean startsWith(byte[] literal, int at, int available) {
        int end = at + literal.length;
        return end <= available && Arrays.equals(bytes, at, end, literal, 0, literal.length);
    }

    /** Whether there stands a word, in whatever case. */
    private boolean is(byte[] lowerCase, int start, int end) {
        if (end - start != lowerCase.length) {
            return false;
        }
        for (int i = 0; i < lowerCase.length; i++) {
            byte letter = bytes[start + i];
            if ((letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter) != lowerCase[i]) {
                return false;
            }
        }
        return true;
    }

    private String text(int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    /** The characters of a header's name (RFC 9110, section 5.6.2). */
    private static boolean[] tokens() {
        boolean[] tokens = new boolean[128];
        for (char c = '0'; c <= 'z'; c++) {
            tokens[c] = Character.isLetterOrDigit(c);
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            tokens[c] = true;
        }
        return tokens;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
