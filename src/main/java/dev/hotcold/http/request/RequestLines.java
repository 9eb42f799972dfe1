package dev.hotcold.http.request;

import org.jspecify.annotations.Nullable;

/** The rules for one line of an HTTP/1 request head. */
final class RequestLines {

    private static final byte[] HEAD = RequestSyntax.bytes("HEAD ");
    private static final byte[] VERSION = RequestSyntax.bytes("HTTP/");

    private RequestLines() {}

    /** Whether a request line asks for headers only. */
    static boolean isHead(byte[] line, int start, int end) {
        return end - start > HEAD.length && startsWith(HEAD, line, start);
    }

    /** Why the bytes from start to end are no request line that is answered; null = they are one. */
    static @Nullable RefusedRequestException checkRequestLine(byte[] line, int start, int end) {
        int target = indexOf(' ', line, start, end) + 1;
        int version = target == 0 ? 0 : indexOf(' ', line, target, end) + 1;
        boolean valid = version > 0
                && RequestSyntax.isToken(line, start, target - 1)
                && RequestSyntax.isTarget(line, target, version - 1)
                && end - version == 8
                && startsWith(VERSION, line, version)
                && isDigit(line[version + 5])
                && line[version + 6] == '.'
                && isDigit(line[version + 7]);
        if (!valid) {
            return RequestHead.malformed("not a request line");
        }
        return line[version + 5] == '1' ? null : new RefusedRequestException(505, "not HTTP/1.0 or HTTP/1.1");
    }

    /** Why the bytes from start to end are no header; null = they are one, or an empty line. */
    static @Nullable RefusedRequestException checkHeader(byte[] line, int start, int end) {
        if (start >= end) {
            return null;
        }
        int colon = indexOf(':', line, start, end);
        boolean valid =
                colon > 0 && RequestSyntax.isToken(line, start, colon) && RequestSyntax.isValue(line, colon + 1, end);
        return valid ? null : RequestHead.malformed("not a header");
    }

    private static int indexOf(char wanted, byte[] line, int start, int end) {
        for (int i = start; i < end; i++) {
            if (line[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static boolean startsWith(byte[] prefix, byte[] line, int start) {
        for (int i = 0; i < prefix.length; i++) {
            if (line[start + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(byte octet) {
        return octet >= '0' && octet <= '9';
    }
}
