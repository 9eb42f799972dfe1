package dev.hotcold.http.request;

import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;

/**
 * What the bytes of a well-formed request may be. The only place that says so: the fast path, the decoder of everything else
 * in HTTP/1.1 and the check of HTTP/2 requests all ask here, so that they cannot disagree. Stricter than RFC 9112 where
 * recipients may be lenient, because what two recipients read differently smuggles requests past a proxy.
 */
public final class RequestSyntax {

    private static final int MAX_PORT_DIGITS = 5;
    private static final int MAX_PORT = 65_535;

    /** The longest value of a Host header that is looked at: a name of 253 characters, escaped or not, and a port. */
    private static final int MAX_HOST = 1024;

    private static final boolean[] TOKEN = table("!#$%&'*+-.^_`|~", true);

    /** What a host name may contain, but for escapes (RFC 3986, section 3.2.2: unreserved, sub-delims). */
    private static final boolean[] HOST = table("-._~!$&'()*+,;=", true);

    private static final boolean[] HEX = table("ABCDEFabcdef", false);

    private RequestSyntax() {}

    /** Whether a byte may be part of a method or of a header's name (RFC 9110, section 5.6.2). */
    public static boolean isToken(byte octet) {
        return octet >= 0 && TOKEN[octet];
    }

    /** Whether all bytes may be; false for none. */
    public static boolean isToken(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (!isToken(bytes[i])) {
                return false;
            }
        }
        return end > start;
    }

    /** Whether a byte may be part of the request's target: visible ASCII, and no fragment. */
    public static boolean isTarget(byte octet) {
        return octet > ' ' && octet < 0x7F && octet != '#';
    }

    /** Whether all bytes may be; false for none. */
    public static boolean isTarget(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (!isTarget(bytes[i])) {
                return false;
            }
        }
        return end > start;
    }

    /** Whether a byte may be part of a header's value: visible, blank, tab, or beyond ASCII (RFC 9110, section 5.5). */
    public static boolean isValue(byte octet) {
        return octet >= ' ' ? octet != 0x7F : octet == '\t' || octet < 0;
    }

    /** Whether all bytes may be; true for none. */
    public static boolean isValue(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (!isValue(bytes[i])) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether the bytes are a host with or without a port, as in Host and {@code :authority} (RFC 9110, section 7.2). An empty
     * host is none: the URIs of this service have one.
     *
     * @param start of the value, blanks around it not included
     */
    public static boolean isHost(byte[] bytes, int start, int end) {
        int at = start;
        if (end - start > MAX_HOST || at == end) {
            return false;
        }
        if (bytes[at] == '[') {
            at = endOfAddress(bytes, start, end);
        } else {
            at = endOfName(bytes, start, end);
        }
        return at > start && (at == end || (bytes[at] == ':' && isPort(bytes, at + 1, end)));
    }

    /** The same of a text. */
    public static boolean isHost(CharSequence text) {
        byte[] bytes = bytes(text);
        return isHost(bytes, 0, bytes.length);
    }

    /** The bytes of a text as they were received, not to be written to; what no byte can be becomes a question mark. */
    static byte[] bytes(CharSequence text) {
        if (text instanceof AsciiString ascii) {
            return ascii.isEntireArrayUsed() ? ascii.array() : ascii.toByteArray();
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** @return the end of the name; -1 = an escape is malformed */
    private static int endOfName(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end) {
            byte octet = bytes[at];
            if (octet == '%') {
                if (at + 2 >= end || !isHex(bytes[at + 1]) || !isHex(bytes[at + 2])) {
                    return -1;
                }
                at += 3;
            } else if (octet >= 0 && HOST[octet]) {
                at++;
            } else {
                break;
            }
        }
        return at;
    }

    /** @return the end of the IPv6 address in brackets; -1 = it is none */
    private static int endOfAddress(byte[] bytes, int start, int end) {
        int at = start + 1;
        while (at < end && (isHex(bytes[at]) || bytes[at] == ':' || bytes[at] == '.')) {
            at++;
        }
        boolean valid = at < end
                && bytes[at] == ']'
                && NetUtil.isValidIpV6Address(new String(bytes, start + 1, at - start - 1, StandardCharsets.US_ASCII));
        return valid ? at + 1 : -1;
    }

    private static boolean isPort(byte[] bytes, int start, int end) {
        int port = 0;
        for (int i = start; i < end; i++) {
            if (bytes[i] < '0' || bytes[i] > '9' || i - start == MAX_PORT_DIGITS) {
                return false;
            }
            port = port * 10 + bytes[i] - '0';
        }
        return port <= MAX_PORT;
    }

    private static boolean isHex(byte octet) {
        return octet >= 0 && HEX[octet];
    }

    private static boolean[] table(String others, boolean letters) {
        boolean[] table = new boolean[128];
        for (char c = '0'; c <= 'z'; c++) {
            table[c] = Character.isDigit(c) || (letters && Character.isLetter(c));
        }
        for (int i = 0; i < others.length(); i++) {
            table[others.charAt(i)] = true;
        }
        return table;
    }
}
