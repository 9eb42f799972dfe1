package dev.hotcold.app.doctor;

import java.time.Duration;
import java.time.Instant;

/** How far another host's clock is from this one's. */
final class Clocks {

    /** Soft TTLs are times of day; what they are off by is small beside them. */
    private static final Duration TOLERATED = Duration.ofSeconds(2);

    private Clocks() {}

    /** Tells a host's clock as the host has told it between two moments of this one. */
    static void tell(Findings findings, Instant before, Instant told, Instant after) {
        Duration ahead = told.isAfter(after)
                ? Duration.between(after, told)
                : told.isBefore(before) ? Duration.between(before, told) : Duration.ZERO;
        if (ahead.abs().compareTo(TOLERATED) < 0) {
            findings.ok("its clock agrees with this host's");
        } else {
            findings.warn(
                    "its clock is " + ahead.abs().toSeconds() + " s " + (ahead.isNegative() ? "behind" : "ahead of")
                            + " this host's, and soft TTLs end at a time of day",
                    "synchronise the clocks of all hosts (chrony, systemd-timesyncd)");
        }
    }
}
