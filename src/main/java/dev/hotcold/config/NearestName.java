package dev.hotcold.config;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which setting somebody may have meant by a name that is none. */
final class NearestName {

    /** What other programs call the same. */
    private static final Map<String, String> ALIASES = Map.ofEntries(
            Map.entry("REDIS_URL", "REDIS_ADDR"),
            Map.entry("REDIS_URI", "REDIS_ADDR"),
            Map.entry("REDIS_HOST", "REDIS_ADDR"),
            Map.entry("REDIS_PORT", "REDIS_ADDR"),
            Map.entry("REDIS_SERVER", "REDIS_ADDR"),
            Map.entry("REDIS_USER", "REDIS_USERNAME"),
            Map.entry("REDIS_PASS", "REDIS_PASSWORD"),
            Map.entry("REDIS_DATABASE", "REDIS_DB"),
            Map.entry("DATABASE_URI", "DATABASE_URL"),
            Map.entry("DATABASE_DSN", "DATABASE_URL"),
            Map.entry("DATABASE_HOST", "DATABASE_URL"),
            Map.entry("DB_URL", "DATABASE_URL"),
            Map.entry("DB_HOST", "DATABASE_URL"),
            Map.entry("JDBC_URL", "DATABASE_URL"),
            Map.entry("PG_URL", "DATABASE_URL"),
            Map.entry("PG_HOST", "DATABASE_URL"),
            Map.entry("POSTGRES_URL", "DATABASE_URL"),
            Map.entry("POSTGRESQL_URL", "DATABASE_URL"),
            Map.entry("HTTP_PORT", "PORT"),
            Map.entry("SERVER_PORT", "PORT"),
            Map.entry("TTL", "CACHE_TTL_SECONDS"),
            Map.entry("TLS_CERT", "TLS_CERT_FILE"),
            Map.entry("TLS_KEY", "TLS_KEY_FILE"));

    /** A name of this length or less is mistaken by one letter at most: two make another word of it. */
    private static final int SHORT = 5;

    private NearestName() {}

    /**
     * The setting that is meant by this name, of which only the name speaks; empty: it is likely somebody else's.
     *
     * @param known names of settings
     */
    static Optional<String> mistaken(String name, Set<String> known) {
        String alias = ALIASES.get(name);
        if (alias != null) {
            return Optional.of(alias).filter(known::contains);
        }
        return known.stream()
                .filter(candidate -> distance(name, candidate) <= most(name, candidate))
                .min(Comparator.comparingInt(candidate -> distance(name, candidate)));
    }

    private static int most(String name, String known) {
        return Math.min(name.length(), known.length()) <= SHORT ? 1 : 2;
    }

    /**
     * The setting that a name is nearest to: what others call it, one letter beside it, the shortest that has all its words, or
     * the one that fewest letters tell from it.
     *
     * @param known names of settings, at least one
     */
    static String of(String name, Set<String> known) {
        String alias = ALIASES.get(name);
        if (alias != null && known.contains(alias)) {
            return alias;
        }
        Optional<String> misspelt = known.stream()
                .filter(candidate -> distance(name, candidate) == 1)
                .min(Comparator.naturalOrder());
        if (misspelt.isPresent()) {
            return misspelt.get();
        }
        List<String> words = words(name);
        return known.stream()
                .filter(candidate -> words(candidate).containsAll(words))
                .min(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
                .orElseGet(() -> known.stream()
                        .min(Comparator.<String>comparingInt(candidate -> distance(name, candidate))
                                .thenComparing(Comparator.naturalOrder()))
                        .orElseThrow());
    }

    private static List<String> words(String name) {
        return Arrays.asList(name.split("_"));
    }

    /**
     * The distance of Damerau and Levenshtein, each pair of letters swapped once at most: how many insertions, deletions and
     * replacements of one letter, and swaps of neighbours, turn a into b.
     */
    static int distance(String a, String b) {
        int[][] rows = new int[a.length() + 1][b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            rows[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            rows[i][0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = rows[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                int least = Math.min(replaced, 1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
                boolean isSwap =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                rows[i][j] = isSwap ? Math.min(least, rows[i - 2][j - 2] + 1) : least;
            }
        }
        return rows[a.length()][b.length()];
    }
}
