package dev.hotcold.user;

/**
 * A user's identifier: one to twenty ASCII letters, digits, underscores or hyphens. An instance is proof of that form.
 */
public final class UserId implements ParsedUserId {

    /** The longest identifier, in characters. */
    public static final int MAX_LENGTH = 20;

    private final String value;

    private UserId(String value) {
        this.value = value;
    }

    /** Reads the whole text as an identifier; nothing is trimmed or folded. */
    public static ParsedUserId parse(String text) {
        int length = text.length();
        if (length == 0 || length > MAX_LENGTH) {
            return ParsedUserId.Malformed.MALFORMED;
        }
        for (int i = 0; i < length; i++) {
            if (!isAllowed(text.charAt(i))) {
                return ParsedUserId.Malformed.MALFORMED;
            }
        }
        return new UserId(text);
    }

    private static boolean isAllowed(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    }

    /** The identifier's text, ASCII only; safe in JSON, in a Redis key and in a URL without escaping. */
    public String value() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UserId that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
