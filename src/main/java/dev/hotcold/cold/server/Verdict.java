package dev.hotcold.cold.server;

import java.util.Optional;

/**
 * Whether a server may be used.
 *
 * @param why words that go on the server's name; empty: there is nothing to say
 */
public record Verdict(Rank rank, Optional<String> why) {

    /** The better ones first. */
    public enum Rank {
        GOOD,
        /** It may be used as long as there is no good one. */
        SECOND_BEST,
        REFUSED
    }

    static final Verdict GOOD = new Verdict(Rank.GOOD, Optional.empty());

    static Verdict refused(String why) {
        return new Verdict(Rank.REFUSED, Optional.of(why));
    }

    static Verdict secondBest(Optional<String> why) {
        return new Verdict(Rank.SECOND_BEST, why);
    }

    public boolean isRefused() {
        return rank == Rank.REFUSED;
    }
}
