package dev.hotcold.config.parse;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A whole number within bounds, and what to write instead of the usual mistakes.
 *
 * @param min the least, inclusive; 0 or more
 * @param max the greatest, inclusive
 * @param zero what 0 means; empty: nothing special
 */
public record WholeNumber(Kind kind, int min, int max, String zero) {

    /** What is counted. */
    enum Kind {
        COUNT("whole number", 0),
        PORT("port", 0),
        SECONDS("whole seconds", 1_000),
        MILLISECONDS("whole milliseconds", 1);

        private final String label;
        /** Milliseconds in one; 0 = not a time. */
        private final int millis;

        Kind(String label, int millis) {
            this.label = label;
            this.millis = millis;
        }
    }

    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,9}");
    private static final Pattern WITH_UNIT = Pattern.compile("([0-9]{1,9}) ?(ms|s|m|h|d)");
    private static final Map<String, Integer> MILLIS_OF_UNIT =
            Map.of("ms", 1, "s", 1_000, "m", 60_000, "h", 3_600_000, "d", 86_400_000);

    public static WholeNumber count(int min, int max) {
        return new WholeNumber(Kind.COUNT, min, max, "");
    }

    public static WholeNumber port() {
        return new WholeNumber(Kind.PORT, 0, 65_535, "any free port");
    }

    public static WholeNumber seconds(int min, int max) {
        return new WholeNumber(Kind.SECONDS, min, max, "");
    }

    public static WholeNumber milliseconds(int min, int max) {
        return new WholeNumber(Kind.MILLISECONDS, min, max, "");
    }

    public WholeNumber zeroMeans(String zero) {
        return new WholeNumber(kind, min, max, zero);
    }

    /** What is allowed, for people. */
    public String allowed() {
        return kind.label + ", " + min + " to " + max + (zero.isEmpty() ? "" : "; 0 = " + zero);
    }

    public Parsed<Integer> parse(String text) {
        return parse(text, Integer::valueOf);
    }

    /** For seconds and milliseconds only. */
    public Parsed<Duration> parseDuration(String text) {
        return parse(text, number -> Duration.ofMillis((long) number * kind.millis));
    }

    private <T> Parsed<T> parse(String text, IntFunction<T> meaning) {
        if (DIGITS.matcher(text).matches() && contains(Integer.parseInt(text))) {
            return new Parsed.Accepted<>(meaning.apply(Integer.parseInt(text)));
        }
        return new Parsed.Rejected<>(List.of(new Flaw(allowed(), fix(text))));
    }

    private boolean contains(long number) {
        return number >= min && number <= max;
    }

    private String fix(String text) {
        if (kind == Kind.PORT && text.startsWith("tcp://")) {
            return "Kubernetes sets this variable for a service of that name; set enableServiceLinks: false in the pod";
        }
        return intended(text).map(number -> "write " + number).orElse("");
    }

    /** The number that was meant by {@code :8080} or {@code 5s}, if it is one that is allowed. */
    private Optional<Long> intended(String text) {
        if (kind == Kind.PORT
                && text.startsWith(":")
                && DIGITS.matcher(text.substring(1)).matches()) {
            return Optional.of(Long.valueOf(text.substring(1))).filter(this::contains);
        }
        Matcher withUnit = WITH_UNIT.matcher(text);
        if (kind.millis == 0 || !withUnit.matches()) {
            return Optional.empty();
        }
        long millis = Long.parseLong(withUnit.group(1)) * MILLIS_OF_UNIT.getOrDefault(withUnit.group(2), 0);
        return Optional.of(millis / kind.millis).filter(number -> millis % kind.millis == 0 && contains(number));
    }
}
