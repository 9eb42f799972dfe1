package dev.hotcold.config.parse;

import java.util.ArrayList;
import java.util.List;

/** Collects all that is wrong with one text, so that they are reported together. Confined to: one parse. */
final class Flaws {
    private final List<Flaw> found = new ArrayList<>();

    void add(String allowed) {
        found.add(Flaw.of(allowed));
    }

    void add(String allowed, String fix) {
        found.add(new Flaw(allowed, fix));
    }

    /** {@code value}, unless a flaw was found on the way to it. */
    <T> Parsed<T> verdict(T value) {
        return found.isEmpty() ? new Parsed.Accepted<>(value) : new Parsed.Rejected<>(found);
    }
}
