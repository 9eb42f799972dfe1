package dev.hotcold.user;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array of UTF-8 bytes that strings are appended to with JSON's escapes. Confined to one thread. */
final class JsonText {

    /** What the last character may need: an escape, or the rest of a pair. */
    static final int MOST_PER_CHAR = 6;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final char REPLACEMENT = '\uFFFD';

    private byte[] bytes;
    private int size;

    JsonText(int capacity) {
        bytes = new byte[capacity];
    }

    /** The array itself, longer than {@link #size} perhaps. */
    byte[] array() {
        return bytes;
    }

    int size() {
        return size;
    }

    void append(byte b) {
        reserve(1);
        bytes[size++] = b;
    }

    void append(byte[] literal) {
        reserve(literal.length);
        System.arraycopy(literal, 0, bytes, size, literal.length);
        size += literal.length;
    }

    /** Appends the text as it stands between a JSON string's quotes (RFC 8259, section 7). */
    void appendEscaped(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            reserve(MOST_PER_CHAR);
            if (c < 0x80) {
                appendAscii(c);
            } else if (c < 0x800) {
                bytes[size++] = (byte) (0xC0 | c >> 6);
                bytes[size++] = (byte) (0x80 | (c & 0x3F));
            } else if (!Character.isSurrogate(c)) {
                appendThreeBytes(c);
            } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                appendFourBytes(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                appendThreeBytes(REPLACEMENT);
            }
        }
    }

    private void appendAscii(char c) {
        if (c >= 0x20 && c != '"' && c != '\\') {
            bytes[size++] = (byte) c;
            return;
        }
        bytes[size++] = '\\';
        switch (c) {
            case '"', '\\' -> bytes[size++] = (byte) c;
            case '\n' -> bytes[size++] = 'n';
            case '\r' -> bytes[size++] = 'r';
            case '\t' -> bytes[size++] = 't';
            case '\b' -> bytes[size++] = 'b';
            case '\f' -> bytes[size++] = 'f';
            default -> {
                bytes[size++] = 'u';
                bytes[size++] = '0';
                bytes[size++] = '0';
                bytes[size++] = HEX[c >> 4];
                bytes[size++] = HEX[c & 0xF];
            }
        }
    }

    private void appendThreeBytes(char c) {
        bytes[size++] = (byte) (0xE0 | c >> 12);
        bytes[size++] = (byte) (0x80 | ((c >> 6) & 0x3F));
        bytes[size++] = (byte) (0x80 | (c & 0x3F));
    }

    private void appendFourBytes(int codePoint) {
        bytes[size++] = (byte) (0xF0 | codePoint >> 18);
        bytes[size++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
        bytes[size++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
        bytes[size++] = (byte) (0x80 | (codePoint & 0x3F));
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length + (bytes.length >> 1)));
        }
    }
}
