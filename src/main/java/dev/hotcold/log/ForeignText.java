package dev.hotcold.log;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keeps the ids of users out of what another server says, which the log and {@code /readyz} repeat. */
public final class ForeignText {

    /** What Redis repeats of a command that it does not know. */
    private static final Pattern ARGUMENTS = Pattern.compile(",? with args beginning with.*", Pattern.DOTALL);

    /** A key of a user, whatever is around it. */
    private static final Pattern KEY = Pattern.compile("(?i)user:[A-Za-z0-9_-]+");

    /** What may be an id, or have one between hyphens and underscores. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]+");

    private static final Pattern PART = Pattern.compile("[A-Za-z0-9]+|[_-]");

    /** Of a word that is looked at; ids are shorter. */
    private static final int MOST_PARTS = 16;

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

    private static String withoutId(String word, Predicate<String> isId) {
        if (isId.test(word)) {
            return "…";
        }
        List<String> parts = PART.matcher(word)
                .results()
                .map(MatchResult::group)
                .limit(MOST_PARTS + 1L)
                .toList();
        if (parts.size() == 1 || parts.size() > MOST_PARTS) {
            return word;
        }
        for (int length = parts.size() - 1; length > 0; length--) {
            for (int from = 0; from + length <= parts.size(); from++) {
                if (isId.test(String.join("", parts.subList(from, from + length)))) {
                    return withoutId(String.join("", parts.subList(0, from)), isId)
                            + "…"
                            + withoutId(String.join("", parts.subList(from + length, parts.size())), isId);
                }
            }
        }
        return word;
    }
}
