package dev.hotcold.log;

import dev.hotcold.user.UserId;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keeps the ids of users out of what another server says, which the log and {@code /readyz} repeat. */
public final class ForeignText {

    /** What Redis repeats of a command that it does not know. */
    private static final Pattern ARGUMENTS = Pattern.compile(",? with args beginning with.*", Pattern.DOTALL);

    /** A key of a user, whatever is around it; its prefix may look like the beginning of one. */
    private static final Pattern KEY = Pattern.compile("(?i)user:(?:[!-~&&[^{}]]*user:)?[A-Za-z0-9_-]+");

    /** What may be an id, or have one between hyphens and underscores. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]+");

    private static final Pattern PART = Pattern.compile("[A-Za-z0-9]+|[_-]");

    private ForeignText() {}

    /** Without the keys of users, and without a command's arguments. */
    public static String withoutKeys(String text) {
        return KEY.matcher(ARGUMENTS.matcher(text).replaceFirst("")).replaceAll("user:…");
    }

    /**
     * The same, also without each word that is the id of a user, or has it between hyphens and underscores.
     *
     * @param isId whether a word is the id of one of the users that the request was about
     */
    public static String withoutIds(String text, Predicate<String> isId) {
        Matcher words = WORD.matcher(withoutKeys(text));
        return words.replaceAll(word -> Matcher.quoteReplacement(withoutId(word.group(), isId)));
    }

    /** Covers each part of the word that belongs to an id, also where two ids overlap. */
    private static String withoutId(String word, Predicate<String> isId) {
        int[] starts = PART.matcher(word).results().mapToInt(MatchResult::start).toArray();
        boolean[] covered = new boolean[word.length()];
        for (int from = 0; from < starts.length; from++) {
            for (int next = from + 1; next <= starts.length; next++) {
                int end = next < starts.length ? starts[next] : word.length();
                if (end - starts[from] > UserId.MAX_LENGTH) {
                    break;
                }
                if (isId.test(word.substring(starts[from], end))) {
                    Arrays.fill(covered, starts[from], end, true);
                }
            }
        }
        StringBuilder rest = new StringBuilder(word.length());
        for (int i = 0; i < covered.length; i++) {
            if (!covered[i]) {
                rest.append(word.charAt(i));
            } else if (i == 0 || !covered[i - 1]) {
                rest.append('…');
            }
        }
        return rest.toString();
    }
}
