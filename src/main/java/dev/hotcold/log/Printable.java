package dev.hotcold.log;

/**
 * Makes texts from outside safe to print: what would begin a line, steer a terminal or hide other characters is shown as an
 * escape sequence (CWE-117).
 */
public final class Printable {

    /** The longest text that is shown whole. */
    static final int MAX_LENGTH = 8192;

    private Printable() {}

    /** The text on one line, cut if it is very long. The same object where nothing is to be changed. */
    public static String line(String text) {
        if (text.length() <= MAX_LENGTH && isPlain(text)) {
            return text;
        }
        StringBuilder line = new StringBuilder(Math.min(text.length(), MAX_LENGTH) + 64);
        int end = Math.min(text.length(), MAX_LENGTH);
        for (int i = 0; i < end; ) {
            int c = text.codePointAt(i);
            append(line, c);
            i += Character.charCount(c);
        }
        if (text.length() > MAX_LENGTH) {
            line.append("… (").append(text.length() - MAX_LENGTH).append(" more characters)");
        }
        return line.toString();
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
        }
        return true;
    }

    private static void append(StringBuilder line, int c) {
        switch (c) {
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (!isHarmful(c)) {
                    line.appendCodePoint(c);
                } else if (c <= Character.MAX_VALUE) {
                    line.append("\\u%04x".formatted(c));
                } else {
                    line.append("\\u{%x}".formatted(c));
                }
            }
        }
    }

    /** Controls (C0, DEL, C1), other line ends, and what has no shape: direction overrides, joiners, halves of a pair. */
    private static boolean isHarmful(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }
}
