package dev.hotcold.config.parse;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A server's URL, {@code scheme://userInfo@hostPort/path?query}, cut at its separators with nothing decoded. A
 * {@code #} is an ordinary character, as in libpq; and so is an {@code @} in the user information.
 *
 * @param scheme in lower case
 * @param path without the slash in front
 */
public record UrlParts(String scheme, Optional<String> userInfo, String hostPort, String path, String query) {

    /** Empty if there is no {@code ://}. */
    public static Optional<UrlParts> cut(String text) {
        int colon = text.indexOf("://");
        if (colon < 0) {
            return Optional.empty();
        }
        String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
        Halves atQuery = Halves.of(text.substring(colon + 3), text.indexOf('?', colon + 3) - colon - 3);
        Halves atPath = Halves.of(atQuery.left, atQuery.left.indexOf('/'));
        int at = atPath.left.lastIndexOf('@');
        return Optional.of(new UrlParts(
                scheme,
                at < 0 ? Optional.empty() : Optional.of(atPath.left.substring(0, at)),
                atPath.left.substring(at + 1),
                atPath.right,
                atQuery.right));
    }

    /**
     * Finds a bare {@code @} behind the host: most likely a password was cut at its own {@code /} or {@code ?}.
     *
     * @return whether there is none
     */
    public boolean checkCredentialsAreWhole(Flaws flaws) {
        boolean whole = !path.contains("@") && !query.contains("@");
        if (!whole) {
            flaws.add(
                    "a bare @ only in front of the host",
                    "percent-encode user, password and parameters: / is %2F, ? is %3F, @ is %40, % is %25");
        }
        return whole;
    }

    /** The decoded parameters, in order; the last of a name counts. */
    public Map<String, String> parameters(Flaws flaws) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String parameter : query.split("&", -1)) {
            Halves halves = Halves.of(parameter, parameter.indexOf('='));
            if (halves.left.matches("[A-Za-z0-9_.-]+") && parameter.contains("=")) {
                parameters.put(halves.left, PercentEncoding.decode(halves.right, "parameters", flaws));
            } else if (!parameter.isEmpty()) {
                flaws.add("parameters as name=value, with & between them");
            }
        }
        return parameters;
    }

    /** The decoded credentials; no colon: no password. */
    public Credentials credentials(Flaws flaws) {
        Halves halves = userInfo.map(text -> Halves.of(text, text.indexOf(':'))).orElse(new Halves("", ""));
        return new Credentials(
                PercentEncoding.decode(halves.left, "user name", flaws),
                PercentEncoding.decode(halves.right, "password", flaws));
    }

    /** Who logs in; either may be empty, which means none. */
    public record Credentials(String user, String password) {}

    /** A text before and after a separator. */
    private record Halves(String left, String right) {

        /** Cuts at {@code index}, dropping the separator; negative = all of it is left. */
        static Halves of(String text, int index) {
            return index < 0 ? new Halves(text, "") : new Halves(text.substring(0, index), text.substring(index + 1));
        }
    }
}
