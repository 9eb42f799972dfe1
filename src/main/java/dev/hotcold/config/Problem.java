package dev.hotcold.config;

/**
 * One reason why the service cannot start with this environment.
 *
 * @param name the variable
 * @param shownValue its value, secrets masked
 * @param allowed what is allowed
 * @param fix what to do; empty: {@code allowed} says it all
 */
public record Problem(String name, String shownValue, String allowed, String fix) {

    /** One line for a person: variable, value, what is allowed, and the fix when there is one. */
    public String text() {
        String text = name + "=\"" + shownValue + "\" is not valid. Allowed: " + allowed + ".";
        return fix.isEmpty() ? text : text + " Fix: " + fix + ".";
    }
}
