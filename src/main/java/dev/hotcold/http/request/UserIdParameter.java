package dev.hotcold.http.request;

import dev.hotcold.user.ParsedUserId;
import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Finds the {@code user_id} parameter in a query string; the first one counts. */
public final class UserIdParameter {

    private static final String NAME = "user_id";
    private static final String PREFIX = NAME + "=";

    private UserIdParameter() {}

    /**
     * Parses a form-encoded query (percent escapes, plus for a space).
     *
     * @param query what follows the question mark; null = none
     */
    public static ParsedUserId parse(@Nullable String query) {
        if (query == null) {
            return Malformed.MALFORMED;
        }
        if (query.startsWith(PREFIX) && UserId.parse(query.substring(PREFIX.length())) instanceof UserId id) {
            return id;
        }
        return parsePairs(query);
    }

    private static ParsedUserId parsePairs(String query) {
        int start = 0;
        while (start <= query.length()) {
            int end = query.indexOf('&', start);
            if (end < 0) {
                end = query.length();
            }
            int equals = query.indexOf('=', start);
            int nameEnd = equals < 0 || equals > end ? end : equals;
            if (NAME.equals(decodeAscii(query, start, nameEnd))) {
                String value = decodeAscii(query, Math.min(nameEnd + 1, end), end);
                return value == null ? Malformed.MALFORMED : UserId.parse(value);
            }
            start = end + 1;
        }
        return Malformed.MALFORMED;
    }

    /** @return null when an escape is malformed or not ASCII, which neither the name nor a valid id contains */
    private static @Nullable String decodeAscii(String text, int start, int end) {
        StringBuilder decoded = new StringBuilder(Math.min(end - start, UserId.MAX_LENGTH + 1));
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (c == '+') {
                decoded.append(' ');
            } else if (c == '%') {
                if (i + 2 >= end
                        || !HexFormat.isHexDigit(text.charAt(i + 1))
                        || !HexFormat.isHexDigit(text.charAt(i + 2))) {
                    return null;
                }
                int octet = HexFormat.fromHexDigits(text, i + 1, i + 3);
                if (octet > 0x7F) {
                    return null;
                }
                decoded.append((char) octet);
                i += 2;
            } else {
                decoded.append(c);
            }
        }
        return decoded.toString();
    }
}
