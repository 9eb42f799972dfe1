package dev.hotcold.cold.server;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of itself, through one connection.
 *
 * @param isStandby whether it is in recovery: it replays the log of another
 * @param isReadOnly whether the connection's transactions are read-only, as they always are on a standby
 * @param system identifier of the database cluster, which standbys share with their primary; "" = it does not say
 * @param timeline which each promotion raises; 0 = a standby's, or it does not say
 */
public record ServerState(boolean isStandby, boolean isReadOnly, String system, long timeline) {

    /** Of a server that says nothing, as another program's that speaks the same protocol: it counts as a primary. */
    public static final ServerState UNKNOWN = new ServerState(false, false, "", 0);

    /** Not supported, in another state, syntax or access rule, a program's own. */
    private static final Set<String> ERRORS_OF_THE_QUESTION = Set.of("0A", "42", "55", "XX", "22");

    private static final int DIGITS_OF_TIMELINE = 8;
    private static final int HEX = 16;
    private static final Pattern WAL_FILE = Pattern.compile("[0-9A-F]{24}");

    private static final String ROLE =
            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";

    /**
     * The question: four columns. The name of the file that the log is written to begins with the timeline; what the control file
     * says of it is older, up to the first checkpoint behind a promotion.
     */
    public static final String QUERY = ROLE + ", CASE WHEN pg_catalog.pg_is_in_recovery() THEN ''"
            + " ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) END,"
            + " (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c)";

    /** The same without what a role may not be allowed to ask, or a PostgreSQL of a cloud does not have. */
    public static final String SHORT_QUERY = ROLE + ", '', NULL::pg_catalog.int8";

    /**
     * What an answer says; null = it does not.
     *
     * @param walFile name of the file that the log is written to; "" = there is none
     */
    public static ServerState of(
            @Nullable Boolean isStandby, @Nullable String readOnly, @Nullable String walFile, @Nullable Long system) {
        return new ServerState(
                Boolean.TRUE.equals(isStandby),
                "on".equals(readOnly),
                system == null ? "" : Long.toUnsignedString(system),
                walFile == null || !WAL_FILE.matcher(walFile).matches()
                        ? 0
                        : Long.parseLong(walFile.substring(0, DIGITS_OF_TIMELINE), HEX));
    }

    /**
     * Whether an error says that the question cannot be answered, and not that the connection is of no use.
     *
     * @param sqlState of the error
     */
    public static boolean isOfTheQuestion(String sqlState) {
        return ERRORS_OF_THE_QUESTION.contains(sqlState.substring(0, Math.min(2, sqlState.length())));
    }

    /** Whether it is not the primary that another connection has led to. */
    public boolean isOtherPrimary(ServerState other) {
        return isKnownPrimary()
                && other.isKnownPrimary()
                && (timeline != other.timeline || !system.equals(other.system));
    }

    /** Whether it can be compared with others: a primary that says which. */
    public boolean isKnownPrimary() {
        return !isStandby && !system.isEmpty() && timeline > 0;
    }
}
