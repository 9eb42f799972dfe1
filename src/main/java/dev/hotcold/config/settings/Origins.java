package dev.hotcold.config.settings;

import dev.hotcold.config.parse.Flaws;
import dev.hotcold.config.parse.Parsed;
import dev.hotcold.http.access.AllowedOrigins;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What CORS_ALLOWED_ORIGINS says: origins as browsers write them in the header Origin, which are compared byte by byte. What no
 * browser sends would silently match nothing, so it is refused.
 */
final class Origins {

    public static final String ALLOWED = "origins such as https://app.example.com, separated by commas, or * alone";

    private static final String ALL = "*";

    /** Scheme, host and port (RFC 6454, section 6.2); the schemes of apps too, such as capacitor://localhost. */
    private static final Pattern ORIGIN = Pattern.compile(
            "[a-z][a-z0-9+.-]*://([a-z0-9_-]+(\\.[a-z0-9_-]+)*|\\[[0-9a-f:.]+])(:(?<port>[1-9][0-9]{0,4}))?");

    private static final int MAX_PORT = 65_535;

    private static final Map<String, String> DEFAULT_PORTS = Map.of("http://", ":80", "https://", ":443");

    private Origins() {}

    /** Reads a list; empty = no origin. */
    public static Parsed<AllowedOrigins> parse(String text) {
        if (text.isEmpty()) {
            return new Parsed.Accepted<>(AllowedOrigins.NONE);
        }
        if (text.equals(ALL)) {
            return new Parsed.Accepted<>(AllowedOrigins.ALL);
        }
        Flaws flaws = new Flaws();
        Set<String> origins = new LinkedHashSet<>();
        for (String each : text.split(",", -1)) {
            String origin = each.strip();
            String fix = fix(origin);
            if (!fix.isEmpty()) {
                flaws.add(ALLOWED, fix);
            } else if (!isOrigin(origin)) {
                flaws.add(ALLOWED);
            }
            origins.add(origin);
        }
        return flaws.verdict(AllowedOrigins.of(origins));
    }

    private static boolean isOrigin(String text) {
        Matcher matcher = ORIGIN.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        String port = matcher.group("port");
        return port == null || Integer.parseInt(port) <= MAX_PORT;
    }

    /** What to write instead of the usual mistakes. */
    private static String fix(String origin) {
        if (origin.isEmpty()) {
            return "leave out the comma that nothing follows or precedes";
        }
        if (origin.equals(ALL)) {
            return "write * alone, or list the origins without it";
        }
        if (origin.contains(ALL)) {
            return "list each origin: there are no patterns";
        }
        if (origin.equals("null")) {
            return "leave out null, the origin of local files and of pages in a sandbox; * includes it";
        }
        int scheme = origin.indexOf("://");
        if (scheme < 0) {
            return "put https:// or http:// in front";
        }
        if (origin.indexOf('/', scheme + 3) >= 0 || origin.contains("?") || origin.contains("#")) {
            return "end it behind host and port, without a slash";
        }
        if (!origin.equals(origin.toLowerCase(Locale.ROOT))) {
            return "write it in lower case, as browsers do";
        }
        if (!origin.chars().allMatch(letter -> letter < 0x80)) {
            return "write the host as browsers send it, with xn--";
        }
        boolean hasDefaultPort = DEFAULT_PORTS.entrySet().stream()
                .anyMatch(port -> origin.startsWith(port.getKey()) && origin.endsWith(port.getValue()));
        return hasDefaultPort ? "leave the port out, as browsers do with the scheme's own" : "";
    }
}
