package dev.hotcold.user;

/** Proves bytes to be the inside of a JSON string: RFC 8259 escapes and RFC 3629 UTF-8, nothing lenient. */
final class JsonStrings {

    private JsonStrings() {}

    /**
     * Finds the closing quote of the string whose text begins at {@code start}.
     *
     * @return index of the quote, or -1 when the text is malformed, unterminated, or stands for U+0000 or an unpaired
     *     surrogate
     */
    static int endOfText(byte[] bytes, int start) {
        int at = start;
        while (at >= 0 && at < bytes.length) {
            byte b = bytes[at];
            if (b == '"') {
                return at;
            }
            if (b == '\\') {
                at = afterEscape(bytes, at);
            } else if (b >= 0x20) {
                at++;
            } else if (b >= 0) {
                return -1;
            } else {
                at = afterMultibyte(bytes, at);
            }
        }
        return -1;
    }

    /** Index after the escape that begins at {@code at}, or -1. */
    private static int afterEscape(byte[] bytes, int at) {
        if (at + 1 >= bytes.length) {
            return -1;
        }
        return switch (bytes[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 2;
            case 'u' -> afterUnicodeEscape(bytes, at);
            default -> -1;
        };
    }

    private static int afterUnicodeEscape(byte[] bytes, int at) {
        int unit = fourHexDigits(bytes, at + 2);
        if (unit <= 0) {
            return -1;
        }
        char c = (char) unit;
        if (!Character.isSurrogate(c)) {
            return at + 6;
        }
        boolean paired = Character.isHighSurrogate(c)
                && at + 7 < bytes.length
                && bytes[at + 6] == '\\'
                && bytes[at + 7] == 'u'
                && isLowSurrogate(fourHexDigits(bytes, at + 8));
        return paired ? at + 12 : -1;
    }

    private static boolean isLowSurrogate(int unit) {
        return unit >= 0 && Character.isLowSurrogate((char) unit);
    }

    private static int fourHexDigits(byte[] bytes, int at) {
        if (at + 4 > bytes.length) {
            return -1;
        }
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            int digit = hexDigit(bytes[i]);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static int hexDigit(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    /** Index after the UTF-8 sequence that begins at {@code at}, or -1; the table of RFC 3629, section 4. */
    private static int afterMultibyte(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            return continues(bytes, at + 1, 1) ? at + 2 : -1;
        }
        if (at + 1 >= bytes.length) {
            return -1;
        }
        int second = bytes[at + 1] & 0xFF;
        if (lead >= 0xE0 && lead <= 0xEF) {
            int lowest = lead == 0xE0 ? 0xA0 : 0x80;
            int highest = lead == 0xED ? 0x9F : 0xBF;
            return second >= lowest && second <= highest && continues(bytes, at + 2, 1) ? at + 3 : -1;
        }
        if (lead >= 0xF0 && lead <= 0xF4) {
            int lowest = lead == 0xF0 ? 0x90 : 0x80;
            int highest = lead == 0xF4 ? 0x8F : 0xBF;
            return second >= lowest && second <= highest && continues(bytes, at + 2, 2) ? at + 4 : -1;
        }
        return -1;
    }

    private static boolean continues(byte[] bytes, int at, int count) {
        if (at + count > bytes.length) {
            return false;
        }
        for (int i = at; i < at + count; i++) {
            if ((bytes[i] & 0xC0) != 0x80) {
                return false;
            }
        }
        return true;
    }
}
