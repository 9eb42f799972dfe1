package dev.hotcold.config.parse;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Makes variables' texts fit to be shown: one line, of bounded length, with no secret in it. */
public final class Masking {
    public static final String MASK = "****";

    private static final int LONGEST = 200;
    /** Longer ones are rather a key, whose Base64 has slashes. */
    private static final int LONGEST_PATH = 255;

    /** What Base64 and PEM have, and hardly a path. */
    private static final Pattern NO_PATH = Pattern.compile("-----|[+=\\s]");

    private static final Pattern SCHEME = Pattern.compile("(?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]*://");

    /** Behind a port only a number: {@code app:1/2} may be a user and a password that lack their {@code @}. */
    private static final Pattern SERVER =
            Pattern.compile("(?:[A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]*])(?::[0-9]*(?:/[0-9]*)?|/[^?]*)?(?=[?]|$)");

    private static final Pattern HARMLESS_PARAMETER = Pattern.compile("(?:sslmode|sslrootcert)=.*");

    private Masking() {}

    /** The text of a setting that holds no secret. */
    public static String plain(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "...";
    }

    /** The text of a setting that is a secret as a whole. */
    public static String secret(String text) {
        return text.isEmpty() ? "" : MASK;
    }

    /**
     * The text that should name a file. Shown is only what looks like a path: somebody may have put the content there
     * instead, a key.
     */
    public static String file(String text) {
        boolean isPath = (text.contains("/") || text.contains("."))
                && text.length() <= LONGEST_PATH
                && !NO_PATH.matcher(text).find();
        return isPath || text.isEmpty() ? plain(text) : MASK;
    }

    /**
     * The text of a server's address that may hold a password and may be malformed, so that nobody can say where the
     * password is. Shown is only what is unlikely to be one: the scheme; what follows the last {@code @}, or without an
     * {@code @} a well-formed host, port and path; and the parameters about encryption.
     */
    public static String address(String text) {
        Matcher scheme = SCHEME.matcher(text);
        String shownScheme = scheme.lookingAt() ? scheme.group() : "";
        String rest = text.substring(shownScheme.length());
        int at = rest.lastIndexOf('@');
        int query = rest.indexOf('?');
        if (at < 0) {
            boolean hasSecret = !SERVER.matcher(rest).lookingAt() || (shownScheme.isEmpty() && rest.contains("/"));
            return plain(shownScheme + (hasSecret ? MASK : withoutParameters(rest)));
        }
        // An @ behind a ? may be part of a parameter's value, and without a scheme of anything.
        boolean isUnclear = shownScheme.isEmpty() || (query >= 0 && query < at);
        return plain(shownScheme + MASK + (isUnclear ? "" : "@" + withoutParameters(rest.substring(at + 1))));
    }

    private static String withoutParameters(String text) {
        int query = text.indexOf('?');
        if (query < 0) {
            return text;
        }
        String parameters = Arrays.stream(text.substring(query + 1).split("&", -1))
                .map(parameter -> HARMLESS_PARAMETER.matcher(parameter).matches() ? parameter : MASK)
                .collect(Collectors.joining("&"));
        return text.substring(0, query + 1) + parameters;
    }
}
