package dev.hotcold.freshness;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which log of PostgreSQL a feed follows, as it notes it beside the cache: {@code SYSTEM/TIMELINE}, and maybe more behind it.
 *
 * @param system identifier of the database cluster
 * @param timeline which each promotion raises
 */
public record FollowedLog(String system, long timeline) {

    private static final Pattern NOTE = Pattern.compile("([0-9]{1,20})/([0-9]{1,10})(?:[@/].*)?");

    /** What is noted; empty = nothing that says which. */
    public static Optional<FollowedLog> of(String note) {
        Matcher parts = NOTE.matcher(note);
        return parts.matches()
                ? Optional.of(new FollowedLog(parts.group(1), Long.parseLong(parts.group(2))))
                : Optional.empty();
    }

    /** Whether it is the log of a standby of the same cluster that was promoted since. */
    public boolean isNewerThan(FollowedLog other) {
        return system.equals(other.system) && timeline > other.timeline;
    }
}
