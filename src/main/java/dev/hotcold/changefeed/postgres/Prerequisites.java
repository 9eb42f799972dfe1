package dev.hotcold.changefeed.postgres;

import dev.hotcold.table.UsersTable;
import dev.hotcold.table.UsersTable.Member;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL must allow so that its changes can be followed. The publication is created where the role may; what is missing
 * is reported with the statement that fixes it, where one does. Thread-safe.
 */
public final class Prerequisites {

    /** Not reachable, too many connections, starting up or shutting down: that is not a missing prerequisite. */
    private static final Set<String> TRANSIENT = Set.of("08001", "08006", "53300", "57P01", "57P03");

    private static final Duration REMEMBERED = Duration.ofMinutes(1);

    /** What comes of a connection for replication by a role that has not got the right. */
    private static final String NOT_ALLOWED = "42501";

    /** What to do about a publication that is not there. */
    private interface NoPublication {

        /** What is missing; empty = the publication is there now. */
        Optional<String> missing() throws SQLException;
    }

    /**
     * A table for which no publication was made.
     *
     * @param fingerprint the table's
     * @param at by the clock of {@link System#nanoTime()}
     */
    private record Harmful(String fingerprint, String why, long at) {

        /** Not for ever: what is in the way may be a column that is in no fingerprint. */
        boolean holds(String now) {
            return fingerprint.equals(now) && System.nanoTime() - at < REMEMBERED.toNanos();
        }
    }

    private final FeedDatabase database;
    private final Publication publication;
    private volatile @Nullable Harmful harmful;

    /** @param publication its name, which needs no quotes */
    public Prerequisites(FeedDatabase database, String publication) {
        this.database = database;
        this.publication = new Publication(publication);
    }

    /**
     * Checks everything, and creates the publication if there is none and all else is there. One that was created here and has
     * come to stand in the way of the table's owner is dropped first.
     *
     * @param onPublicationCreated called when the publication was created here
     * @return what is missing and how to fix it; empty = nothing
     * @throws SQLException when PostgreSQL fails
     */
    public Optional<String> ensure(Connection connection, UsersTable table, Runnable onPublicationCreated)
            throws SQLException {
        publication.dropIfInTheWay(connection);
        Optional<String> missing = missing(connection, table, () -> {
            Optional<String> noReplication = replicationConnection();
            return noReplication.isPresent() ? noReplication : create(connection, table, onPublicationCreated);
        });
        return missing.isPresent() ? missing : replicationConnection();
    }

    /** Does not try again within a minute what was found to do harm to the same table: each attempt locks it. */
    private Optional<String> create(Connection connection, UsersTable table, Runnable onPublicationCreated)
            throws SQLException {
        String fingerprint = table.fingerprint(true);
        Harmful known = harmful;
        if (known != null && known.holds(fingerprint)) {
            return Optional.of(known.why);
        }
        return publication.create(
                connection,
                table,
                onPublicationCreated,
                why -> harmful = new Harmful(fingerprint, why, System.nanoTime()));
    }

    /**
     * Checks what the catalog says; creates nothing, and opens no connection.
     *
     * @return what is missing and how to fix it; empty = nothing
     * @throws SQLException when PostgreSQL fails
     */
    public Optional<String> missing(Connection connection, UsersTable table) throws SQLException {
        return missing(connection, table, () -> Optional.of("the publication " + publication.name() + " is gone"));
    }

    /**
     * Whether to read the log at all would do harm.
     *
     * @return what harm, and how to prevent it; empty = none
     * @throws SQLException when PostgreSQL fails
     */
    public static Optional<String> harm(Connection connection) throws SQLException {
        String[] names = Queries.text(
                        connection,
                        "SELECT current_setting('application_name') || chr(10) || current_setting('synchronous_standby_names')")
                .split("\n", 2);
        String ours = names[0];
        String standbys = names[1];
        // A session of a pooler may have no name at all.
        return standbys.contains("*") || (!ours.isEmpty() && standbys.contains(ours))
                ? Optional.of("synchronous_standby_names is '" + standbys
                        + "', so that every commit would wait for the change feed: name the standbys themselves")
                : Optional.empty();
    }

    /**
     * The same, and whether the role may replicate, which is tried; of a publication that is not there yet, whether the role may
     * create it.
     *
     * @return what is missing and how to fix it; empty = nothing
     * @throws SQLException when PostgreSQL fails
     */
    public Optional<String> missingBeforehand(Connection connection, UsersTable table) throws SQLException {
        boolean isPublished = publication.isThere(connection);
        Optional<String> missing = isPublished ? missing(connection, table) : unfit(connection, table);
        if (missing.isEmpty()) {
            missing = replicationConnection();
        }
        return missing.isEmpty() && !isPublished ? publication.whyNotCreated(connection, table) : missing;
    }

    private Optional<String> missing(Connection connection, UsersTable table, NoPublication noPublication)
            throws SQLException {
        Optional<String> unfit = unfit(connection, table);
        if (unfit.isPresent()) {
            return unfit;
        }
        if (!publication.isThere(connection)) {
            Optional<String> missing = noPublication.missing();
            if (missing.isPresent()) {
                return missing;
            }
        }
        return publication.missing(connection, table);
    }

    /** Why changes cannot be followed, publication or not. */
    private static Optional<String> unfit(Connection connection, UsersTable table) throws SQLException {
        String walLevel = Queries.text(connection, "SELECT current_setting('wal_level')");
        if (!walLevel.equals("logical")) {
            return Optional.of("wal_level is " + walLevel + " and must be logical:"
                    + " ALTER SYSTEM SET wal_level = logical; and restart PostgreSQL");
        }
        Optional<String> harm = harm(connection);
        if (harm.isPresent()) {
            return harm;
        }
        if (!TableCatalog.isThere(table, connection)) {
            return Optional.of("CHANGE_FEED_DATABASE_URL leads to another database than DATABASE_URL, where "
                    + table.describe() + " is");
        }
        return unlogged(table);
    }

    /** What of the table PostgreSQL writes no log of, or none that tells whose row it was. */
    private static Optional<String> unlogged(UsersTable table) {
        Optional<String> problem = table.problem();
        if (problem.isPresent()) {
            return problem;
        }
        if (table.kind() != 'r' && table.kind() != 'p') {
            return Optional.of(table.describe() + " is no table of rows of its own, and PostgreSQL logs no changes of"
                    + " such: set CHANGE_FEED=off if that is meant");
        }
        if (table.column(UsersTable.USER_ID).generated()) {
            return Optional.of(
                    "user_id of " + table.describe() + " is a generated column, which PostgreSQL does not log:"
                            + " set CHANGE_FEED=off if that is meant");
        }
        List<Member> foreign = those(table, member -> member.kind() != 'r');
        if (!foreign.isEmpty()) {
            return Optional.of(
                    names(foreign) + " of " + table.describe()
                            + " is a foreign table, and PostgreSQL logs no changes of such: set CHANGE_FEED=off if that is meant");
        }
        if (!those(table, member -> member.storage().persistence() == 't').isEmpty()) {
            return Optional.of(table.describe() + " is a temporary table, and PostgreSQL logs no changes of such:"
                    + " set CHANGE_FEED=off if that is meant");
        }
        List<Member> unlogged = those(table, member -> member.storage().persistence() != 'p');
        if (!unlogged.isEmpty()) {
            return Optional.of(names(unlogged) + " is unlogged, so that PostgreSQL logs no changes of it: "
                    + each(unlogged, "ALTER TABLE %s SET LOGGED;"));
        }
        List<Member> unidentified = those(table, member -> !member.identified());
        if (!unidentified.isEmpty()) {
            return Optional.of("a deletion from " + names(unidentified) + " does not log its user_id: "
                    + each(unidentified, "ALTER TABLE %s REPLICA IDENTITY FULL;"));
        }
        return Optional.empty();
    }

    private static List<Member> those(UsersTable table, Predicate<Member> which) {
        return table.members().stream().filter(which).toList();
    }

    private static String names(List<Member> members) {
        return members.stream().map(Member::sql).collect(Collectors.joining(", "));
    }

    private static String each(List<Member> members, String statement) {
        return members.stream().map(member -> statement.formatted(member.sql())).collect(Collectors.joining(" "));
    }

    /** Tried rather than inferred: a pooler answers queries but supports no replication, and the right to it has many forms. */
    private Optional<String> replicationConnection() throws SQLException {
        try (Connection connection = database.connectForReplication();
                Statement statement = connection.createStatement()) {
            statement.execute("IDENTIFY_SYSTEM");
            return Optional.empty();
        } catch (SQLException refused) {
            String state = String.valueOf(refused.getSQLState());
            if (TRANSIENT.contains(state)) {
                throw refused;
            }
            String said = " (" + Queries.firstLine(refused) + ")";
            if (state.equals(NOT_ALLOWED)) {
                return Optional.of("the role may not replicate" + said + ": ALTER ROLE " + role()
                        + " REPLICATION; or, where the service of a cloud has a role for it, GRANT that to " + role());
            }
            return Optional.of("no replication connection to " + database + said
                    + ": set CHANGE_FEED_DATABASE_URL to PostgreSQL itself if that is a pooler, and let the role in"
                    + " by pg_hba.conf");
        }
    }

    private String role() throws SQLException {
        try (Connection connection = database.connect()) {
            return Queries.text(connection, "SELECT quote_ident(session_user::text)");
        }
    }
}
