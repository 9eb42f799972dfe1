package dev.hotcold.config.parse;

import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** RFC 3986 percent-encoding over UTF-8; a plus sign stands for itself. */
public final class PercentEncoding {

    private PercentEncoding() {}

    /** The text behind the encoding; empty if a % has no two hexadecimal digits, or the bytes are not UTF-8 or hold a NUL. */
    static Optional<String> decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int from = 0;
        for (int percent = text.indexOf('%'); percent >= 0; percent = text.indexOf('%', from)) {
            bytes.writeBytes(text.substring(from, percent).getBytes(StandardCharsets.UTF_8));
            int high = percent + 1 < text.length() ? hexDigit(text.charAt(percent + 1)) : -1;
            int low = percent + 2 < text.length() ? hexDigit(text.charAt(percent + 2)) : -1;
            if (high < 0 || low < 0 || (high | low) == 0) {
                return Optional.empty();
            }
            bytes.write(high << 4 | low);
            from = percent + 3;
        }
        bytes.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** As {@link #decode}, with a flaw and an empty string for what cannot be decoded. */
    public static String decode(String text, String part, Flaws flaws) {
        Optional<String> decoded = decode(text);
        if (decoded.isEmpty()) {
            flaws.add(
                    "in the " + part + ", % only before two hexadecimal digits of UTF-8 text", "write % itself as %25");
        }
        return decoded.orElse("");
    }

    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The value of an ASCII hexadecimal digit, or -1. */
    private static int hexDigit(char c) {
        return c < 128 ? Character.digit(c, 16) : -1;
    }
}
