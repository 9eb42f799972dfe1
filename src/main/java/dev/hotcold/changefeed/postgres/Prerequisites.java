package dev.hotcold.changefeed.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;

/**
 * What PostgreSQL must allow so that its changes can be followed. The publication is created where the role may; what is missing
 * is reported with the statement that fixes it. Thread-safe.
 */
public final class Prerequisites {

    private static final String NO_SUCH_TABLE = "42P01";
    private static final String NOT_ALLOWED = "42501";
    private static final String ALREADY_THERE = "42710";

    private static final String APPLICATION_NAME = "hotcold-user-api";

    /** The first version of PostgreSQL whose publications may hold a part of a table. */
    private static final int FIRST_WITH_FILTERS = 15;

    /** Not reachable, too many connections, starting up or shutting down: that is not a missing prerequisite. */
    private static final Set<String> TRANSIENT = Set.of("08001", "08006", "53300", "57P01", "57P03");

    /** What to do about a publication that is not there. */
    private interface NoPublication {

        /** What is missing; empty = the publication is there now. */
        Optional<String> missing() throws SQLException;
    }

    private final FeedDatabase database;
    private final String publication;

    /** @param publication its name, which needs no quotes */
    public Prerequisites(FeedDatabase database, String publication) {
        this.database = database;
        this.publication = publication;
    }

    /**
     * Checks everything, and creates the publication if there is none.
     *
     * @param onPublicationCreated called when the publication was created here
     * @return what is missing and how to fix it; empty = nothing
     * @throws SQLException when PostgreSQL fails
     */
    public Optional<String> ensure(Connection connection, Runnable onPublicationCreated) throws SQLException {
        Optional<String> missing = missing(connection, () -> createPublication(connection, onPublicationCreated));
        return missing.isPresent() ? missing : replicationConnection();
    }

    /**
     * Checks what the catalog says; creates nothing, and opens no connection.
     *
     * @return what is missing and how to fix it; empty = nothing
     * @throws SQLException when PostgreSQL fails
     */
    public Optional<String> missing(Connection connection) throws SQLException {
        return missing(connection, () -> Optional.of("the publication " + publication + " is gone"));
    }

    private Optional<String> missing(Connection connection, NoPublication noPublication) throws SQLException {
        String walLevel = Queries.text(connection, "SELECT current_setting('wal_level')");
        if (!walLevel.equals("logical")) {
            return Optional.of("wal_level is " + walLevel + " and must be logical:"
                    + " ALTER SYSTEM SET wal_level = logical; and restart PostgreSQL");
        }
        String role = Queries.text(connection, "SELECT current_user");
        if (!Queries.isTrue(
                connection, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user")) {
            return Optional.of("the role " + role + " may not replicate: ALTER ROLE " + quoted(role) + " REPLICATION;");
        }
        String standbys = Queries.text(connection, "SELECT current_setting('synchronous_standby_names')");
        if (standbys.contains("*") || standbys.contains(APPLICATION_NAME)) {
            return Optional.of("synchronous_standby_names is '" + standbys
                    + "', so that every commit would wait for the change feed: name the standbys themselves");
        }
        return missingOfTable(connection, noPublication);
    }

    private Optional<String> missingOfTable(Connection connection, NoPublication noPublication) throws SQLException {
        if (!Queries.isTrue(connection, "SELECT to_regclass('users') IS NOT NULL")) {
            return Optional.of("the table \"users\" is missing: create it with `hotcold migrate`");
        }
        if (!Queries.isTrue(connection, IDENTITY_HOLDS_USER_ID)) {
            return Optional.of("a deletion from the table \"users\" does not log its user_id:"
                    + " ALTER TABLE users REPLICA IDENTITY FULL;");
        }
        if (!Queries.isTrue(connection, "SELECT count(*) > 0 FROM pg_publication WHERE pubname = ?", publication)) {
            Optional<String> missing = noPublication.missing();
            if (missing.isPresent()) {
                return missing;
            }
        }
        if (!Queries.isTrue(
                connection,
                "SELECT count(*) > 0 FROM pg_publication_tables"
                        + " WHERE pubname = ? AND tablename = 'users' AND schemaname = ?",
                publication,
                UsersTable.schema(connection))) {
            return Optional.of("the publication " + publication + " is without the table \"users\": ALTER PUBLICATION "
                    + publication + " ADD TABLE users;");
        }
        if (!Queries.isTrue(
                connection,
                "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = ?",
                publication)) {
            return Optional.of("the publication " + publication + " leaves out some changes: ALTER PUBLICATION "
                    + publication + " SET (publish = 'insert, update, delete, truncate');");
        }
        if (connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_FILTERS
                && !Queries.isTrue(
                        connection,
                        "SELECT count(*) > 0 FROM pg_publication_tables WHERE pubname = ? AND tablename = 'users'"
                                + " AND schemaname = ? AND rowfilter IS NULL"
                                + " AND attnames @> ARRAY['user_id', 'deeplink', 'promo_message']::name[]",
                        publication,
                        UsersTable.schema(connection))) {
            return Optional.of("the publication " + publication + " leaves out some rows or columns: ALTER PUBLICATION "
                    + publication + " SET TABLE users;");
        }
        return Optional.empty();
    }

    /** Whether the replica identity of the table includes user_id: the primary key, an index, or the whole row. */
    private static final String IDENTITY_HOLDS_USER_ID = """
            SELECT CASE c.relreplident
                WHEN 'f' THEN true
                WHEN 'n' THEN false
                ELSE EXISTS (
                    SELECT 1 FROM pg_index i
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                    WHERE i.indrelid = c.oid AND a.attname = 'user_id'
                        AND CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END)
                END
            FROM pg_class c WHERE c.oid = to_regclass('users')
            """;

    private Optional<String> createPublication(Connection connection, Runnable onCreated) throws SQLException {
        String sql = "CREATE PUBLICATION " + publication + " FOR TABLE users";
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            onCreated.run();
            return Optional.empty();
        } catch (SQLException refused) {
            return switch (String.valueOf(refused.getSQLState())) {
                case ALREADY_THERE -> Optional.empty();
                case NOT_ALLOWED, NO_SUCH_TABLE ->
                    Optional.of("the role may not create the publication (" + Queries.firstLine(refused) + "): " + sql
                            + "; as the owner of the table, who must have CREATE on the database");
                default -> throw refused;
            };
        }
    }

    /** A pooler answers queries but supports no replication. */
    private Optional<String> replicationConnection() throws SQLException {
        try (Connection connection = database.connectForReplication();
                Statement statement = connection.createStatement()) {
            statement.execute("IDENTIFY_SYSTEM");
            return Optional.empty();
        } catch (SQLException refused) {
            if (TRANSIENT.contains(String.valueOf(refused.getSQLState()))) {
                throw refused;
            }
            return Optional.of("no replication connection to " + database + " (" + Queries.firstLine(refused)
                    + "): set CHANGE_FEED_DATABASE_URL to PostgreSQL itself if that is a pooler, and let the role in"
                    + " by pg_hba.conf");
        }
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }
}
