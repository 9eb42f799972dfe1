package dev.hotcold.config.parse;

import java.util.List;

/** What became of one variable's text. */
public sealed interface Parsed<T> {

    /** The text is allowed and means {@code value}. */
    record Accepted<T>(T value) implements Parsed<T> {}

    /** The text is not allowed, for one reason or several. */
    record Rejected<T>(List<Flaw> flaws) implements Parsed<T> {
        public Rejected {
            flaws = List.copyOf(flaws);
        }
    }
}
