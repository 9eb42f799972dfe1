package dev.hotcold.config.parse;

import java.util.ArrayList;
import java.util.List;

/** Collects all that is wrong with one text, so that they are reported together. Confined to: one parse. */
public final class Flaws {
    private final List<Flaw> found = new ArrayList<>();

    /** Adds a flaw of which it is said what is allowed instead. */
    public void add(String allowed) {
        found.add(Flaw.of(allowed));
    }

    /** Adds a flaw of which it is also said how to mend it. */
    public void add(String allowed, String fix) {
        found.add(new Flaw(allowed, fix));
    }

    /** {@code value}, unless a flaw was found on the way to it. */
    public <T> Parsed<T> verdict(T value) {
        return found.isEmpty() ? new Parsed.Accepted<>(value) : new Parsed.Rejected<>(found);
    }
}
