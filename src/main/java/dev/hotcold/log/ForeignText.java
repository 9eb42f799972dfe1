package dev.hotcold.log;

import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keeps the ids of users out of what another server says, which the log and {@code /readyz} repeat. */
public final class ForeignText {

    /** What Redis repeats of a command that it does not know. */
    private static final Pattern ARGUMENTS = Pattern.compile(",? with args beginning with.*", Pattern.DOTALL);

    /** A key of a user, whatever is around it. */
    private static final Pattern KEY = Pattern.compile("(?i)user:[A-Za-z0-9_-]+");

    /** What may be an id. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]+");

    private ForeignText() {}

    /** Without the keys of users, and without a command's arguments. */
    public static String withoutKeys(String text) {
        return KEY.matcher(ARGUMENTS.matcher(text).replaceFirst("")).replaceAll("user:…");
    }

    /**
     * The same, also without each word that is the id of a user.
     *
     * @param isId whether a word is the id of one of the users that the request was about
     */
    public static String withoutIds(String text, Predicate<String> isId) {
        Matcher words = WORD.matcher(withoutKeys(text));
        return words.replaceAll(word -> isId.test(word.group()) ? "…" : Matcher.quoteReplacement(word.group()));
    }
}
