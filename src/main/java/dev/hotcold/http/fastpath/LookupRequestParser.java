package dev.hotcold.http.fastpath;

import dev.hotcold.http.request.RequestSyntax;
import dev.hotcold.http.request.UserIdParameter;
import dev.hotcold.http.request.UsersRoute;
import dev.hotcold.user.ParsedUserId;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Recognises a plain lookup at the beginning of a connection's bytes: {@code GET /v1/users?QUERY HTTP/1.1} with headers that
 * change nothing. Not plain is everything else in HTTP: a body, another method, version or path, an upgrade, {@code Connection:
 * close}, not one valid Host, a demand of freshness, a header of an unusual form, a request of more than 2 KiB, an incomplete one. What is well-formed
 * {@link RequestSyntax} says, as for all other requests.
 *
 * <p>A flyweight: what it has parsed is read from its methods until the next call, so that a request costs no object.
 *
 * <p>Confined to: its event loop.
 */
public final class LookupRequestParser {

    /** Longer requests are not plain. */
    private static final int MAX_BYTES = 2048;

    private static final byte[] REQUEST_LINE_START = ascii("GET " + UsersRoute.PATH_WITH_QUERY);
    private static final byte[] USER_ID = ascii("user_id=");
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
    private static final byte[] KEEP_ALIVE = ascii("keep-alive");
    private static final byte[] HOST = ascii("host");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] AUTHORIZATION = ascii("authorization");
    private static final byte[] API_KEY = ascii("x-api-key");
    private static final byte[] CACHE_CONTROL = ascii("cache-control");
    private static final byte[] MAX_STALENESS = ascii("max-staleness");
    private static final byte[][] NEVER_PLAIN = {
        ascii("content-length"), ascii("transfer-encoding"), ascii("expect"), ascii("upgrade")
    };
    private static final byte[] ORIGIN = ascii("origin");

    private final int maxBytes;
    private final boolean cacheControlMatters;
    private final boolean originMatters;
    private final byte[] bytes = new byte[MAX_BYTES];
    private int length;
    private boolean hasHost;
    private ParsedUserId userId = ParsedUserId.Malformed.MALFORMED;
    private @Nullable String authorization;
    private @Nullable String apiKey;

    /**
     * @param maxBytes longest request that is within all limits
     * @param cacheControlMatters whether a request with Cache-Control is not plain
     * @param originMatters whether a request with Origin is not plain
     */
    public LookupRequestParser(int maxBytes, boolean cacheControlMatters, boolean originMatters) {
        this.maxBytes = Math.min(maxBytes, MAX_BYTES);
        this.cacheControlMatters = cacheControlMatters;
        this.originMatters = originMatters;
    }

    /** Whether the readable bytes begin with a plain lookup. Consumes nothing. */
    boolean parse(ByteBuf in) {
        int available = Math.min(in.readableBytes(), maxBytes);
        in.getBytes(in.readerIndex(), bytes, 0, available);
        authorization = null;
        apiKey = null;
        hasHost = false;
        int headers = parseRequestLine(available);
        return headers >= 0 && parseHeaders(headers, available);
    }

    /** The length of the request in bytes. */
    int length() {
        return length;
    }

    /** The user to look up. */
    ParsedUserId userId() {
        return userId;
    }

    /** Value of the first Authorization header; null = none. */
    @Nullable String authorization() {
        return authorization;
    }

    /** Value of the first X-API-Key header; null = none. */
    @Nullable String apiKey() {
        return apiKey;
    }

    /** @return offset of the headers; -1 = not a plain lookup */
    private int parseRequestLine(int available) {
        if (!startsWith(REQUEST_LINE_START, 0, available)) {
            return -1;
        }
        int query = REQUEST_LINE_START.length;
        int end = query;
        boolean escaped = false;
        while (end < available && RequestSyntax.isTarget(bytes[end])) {
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

    private boolean parseHeaders(int start, int available) {
        int at = start;
        while (at + 1 < available && bytes[at] != '\r') {
            int name = at;
            while (at < available && RequestSyntax.isToken(bytes[at])) {
                at++;
            }
            int nameEnd = at;
            if (nameEnd == name || at == available || bytes[at] != ':') {
                return false;
            }
            at++;
            while (at < available && bytes[at] >= 0 && RequestSyntax.isValue(bytes[at])) {
                at++;
            }
            if (!isLineEnd(at, available) || !isPlain(name, nameEnd, at)) {
                return false;
            }
            at += 2;
        }
        length = at + 2;
        return hasHost && isLineEnd(at, available);
    }

    private boolean isLineEnd(int at, int available) {
        return at + 1 < available && bytes[at] == '\r' && bytes[at + 1] == '\n';
    }

    /** @param end of the value, which begins behind the colon */
    private boolean isPlain(int name, int nameEnd, int end) {
        switch (nameEnd - name) {
            case 4 -> {
                return !is(HOST, name, nameEnd) || isOnlyHost(nameEnd + 1, end);
            }
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
                return !is(MAX_STALENESS, name, nameEnd) && (!cacheControlMatters || !is(CACHE_CONTROL, name, nameEnd));
            }
            case 6, 7, 14, 17 -> {
                for (byte[] never : NEVER_PLAIN) {
                    if (is(never, name, nameEnd)) {
                        return false;
                    }
                }
                return !originMatters || !is(ORIGIN, name, nameEnd);
            }
            default -> {}
        }
        return true;
    }

    private boolean isOnlyHost(int start, int end) {
        int from = start;
        while (from < end && isBlank(bytes[from])) {
            from++;
        }
        int to = end;
        while (to > from && isBlank(bytes[to - 1])) {
            to--;
        }
        boolean first = !hasHost;
        hasHost = true;
        return first && RequestSyntax.isHost(bytes, from, to);
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
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

    /** Compares without regard to case. */
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

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
