package dev.hotcold.config.settings;

import dev.hotcold.config.parse.Parsed;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One environment variable that the service reads.
 *
 * @param name of the variable
 * @param defaultText what counts when it is unset or empty; empty: nothing
 * @param allowed unit and range, for people
 * @param description what it does, on one line
 * @param shown makes any value fit to be shown, whether it is valid or not
 * @param parser gives a text its meaning; accepts {@code defaultText}
 */
public record Setting<T>(
        String name,
        String defaultText,
        String allowed,
        String description,
        UnaryOperator<String> shown,
        Function<String, Parsed<T>> parser) {

    public Parsed<T> parse(String text) {
        return parser.apply(text);
    }

    /** The meaning of {@link #defaultText}. */
    public T defaultValue() {
        return switch (parse(defaultText)) {
            case Parsed.Accepted<T>(T value) -> value;
            case Parsed.Rejected<T> _ -> throw new IllegalStateException("the default of " + name + " is not allowed");
        };
    }
}
