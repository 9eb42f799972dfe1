package dev.hotcold.config.parse;

/**
 * One thing that is wrong with a variable's text. Never quotes the text: it may hold a password.
 *
 * @param allowed what would have been allowed
 * @param fix what to do about it; empty: {@code allowed} says it all
 */
public record Flaw(String allowed, String fix) {

    public static Flaw of(String allowed) {
        return new Flaw(allowed, "");
    }
}
