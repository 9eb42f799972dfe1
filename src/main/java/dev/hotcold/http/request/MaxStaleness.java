package dev.hotcold.http.request;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The header {@code Max-Staleness: MS}: how old an answer may be, provably. */
public final class MaxStaleness {

    /** As it is written; its case does not matter. */
    public static final String NAME = "Max-Staleness";

    /** Up to eleven days; more says nothing. */
    private static final Pattern MILLIS = Pattern.compile("\\d{1,9}");

    private MaxStaleness() {}

    /**
     * Reads the fields of a request; the strictest counts.
     *
     * @param fields one or more
     * @return empty when one of them is malformed
     */
    public static Optional<Duration> parse(List<String> fields) {
        long least = Long.MAX_VALUE;
        for (String field : fields) {
            String millis = field.strip();
            if (!MILLIS.matcher(millis).matches()) {
                return Optional.empty();
            }
            least = Math.min(least, Long.parseLong(millis));
        }
        return Optional.of(Duration.ofMillis(least));
    }
}
