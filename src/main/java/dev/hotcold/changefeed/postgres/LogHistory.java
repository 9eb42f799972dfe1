package dev.hotcold.changefeed.postgres;

import dev.hotcold.freshness.FollowedLog;
import dev.hotcold.freshness.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whose log it is: the log of a database cluster on its timeline, which begins where a standby was promoted, and those of the
 * timelines before it, each up to where the next one begins.
 *
 * @param system identifier of the cluster
 * @param former the timelines before, the oldest first
 */
public record LogHistory(String system, long timeline, List<Former> former) {

    private static final Pattern LINE = Pattern.compile("\\s*([0-9]+)\\s+([0-9A-F]+/[0-9A-F]+)(?:\\s.*)?");

    /**
     * A timeline that ended, for this log.
     *
     * @param end where the next one begins: up to there both are the same
     */
    public record Former(long timeline, Lsn end) {}

    /** One of which only the timeline is known. */
    public static LogHistory of(String system, long timeline) {
        return new LogHistory(system, timeline, List.of());
    }

    /**
     * Reads a timeline's history file.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static LogHistory of(String system, long timeline, String file) {
        List<Former> former = new ArrayList<>();
        for (String line : file.lines().toList()) {
            if (line.isBlank() || line.stripLeading().startsWith("#")) {
                continue;
            }
            Matcher fields = LINE.matcher(line);
            if (!fields.matches()) {
                throw new IllegalArgumentException("not a line of a timeline's history: " + line);
            }
            former.add(new Former(Long.parseLong(fields.group(1)), Lsn.parse(fields.group(2))));
        }
        return new LogHistory(system, timeline, List.copyOf(former));
    }

    /** The log, as others know it. */
    public FollowedLog log() {
        return new FollowedLog(system, timeline);
    }

    /**
     * Names the log, for positions in it. Two standbys may be promoted to timelines of the same number, so that it also says where
     * the timeline begins.
     */
    public String name() {
        return name(former.size(), timeline);
    }

    /**
     * Up to where a log is a part of this one: the end of a timeline before.
     *
     * @param name of that log
     * @return empty = it is another, or this one
     */
    public Optional<Lsn> branchFrom(String name) {
        for (int i = 0; i < former.size(); i++) {
            if (name(i, former.get(i).timeline).equals(name)) {
                return Optional.of(former.get(i).end);
            }
        }
        return Optional.empty();
    }

    private String name(int generation, long timelineThen) {
        String begin = generation == 0 ? "" : "@" + former.get(generation - 1).end;
        return system + "/" + timelineThen + begin;
    }
}
