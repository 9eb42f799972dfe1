package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What PostgreSQL must allow so that its changes can be followed. What the role may create is created; what is lacking is
 * told with the statement that mends it.
 */
final class Prerequisites {

    private static final String NO_SUCH_TABLE = "42P01";
    private static final String NOT_ALLOWED = "42501";
    private static final String ALREADY_THERE = "42710";

    private static final String APPLICATION_NAME = "hotcold-user-api";

    /** The first version of PostgreSQL whose publications may hold a part of a table. */
    private static final int FIRST_WITH_FILTERS = 15;

    /** Not reachable, too many connections, starting up or shutting down: no reason to call anything lacking. */
    private static final Set<String> PASSING = Set.of("08001", "08006", "53300", "57P01", "57P03");

    /** A locked table must not leave a query behind in PostgreSQL for each look at it. */
    private static final int QUERY_SECONDS = 2;

    private final AtomicBoolean publicationIsNew = new AtomicBoolean();
    private final FeedDatabase database;
    private final ChangeFeedSettings settings;

    Prerequisites(FeedDatabase database, ChangeFeedSettings settings) {
        this.database = database;
        this.settings = settings;
    }

    /**
     * Checks everything, and creates the publication if there is none.
     *
     * @return what is lacking and how to mend it; empty = nothing
     * @throws SQLException when PostgreSQL cannot be asked
     */
    Optional<String> whatIsLacking(Connection connection) throws SQLException {
        Optional<String> lacking = inCatalog(connection, true);
        return lacking.isPresent() ? lacking : replicationConnection();
    }

    /** The same, but nothing is created, and no connection for replication is tried. */
    Optional<String> whatIsLackingInCatalog(Connection connection) throws SQLException {
        return inCatalog(connection, false);
    }

    /** Whether the publication was created here: a slot that is older knows nothing of it. Asking makes it false. */
    boolean takePublicationIsNew() {
        return publicationIsNew.getAndSet(false);
    }

    private Optional<String> inCatalog(Connection connection, boolean mayCreate) throws SQLException {
        String walLevel = text(connection, "SELECT current_setting('wal_level')");
        if (!walLevel.equals("logical")) {
            return Optional.of("wal_level is " + walLevel + " and must be logical:"
                    + " ALTER SYSTEM SET wal_level = logical; and restart PostgreSQL");
        }
        String role = text(connection, "SELECT current_user");
        if (!isTrue(connection, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user")) {
            return Optional.of("the role " + role + " may not replicate: ALTER ROLE " + quoted(role) + " REPLICATION;");
        }
        String standbys = text(connection, "SELECT current_setting('synchronous_standby_names')");
        if (standbys.contains("*") || standbys.contains(APPLICATION_NAME)) {
            return Optional.of("synchronous_standby_names is '" + standbys
                    + "', so that every commit would wait for the" + " change feed: name the standbys themselves");
        }
        return publication(connection, mayCreate);
    }

    /** The schema of the table of users. */
    static String schema(Connection connection) throws SQLException {
        return text(
                connection, "SELECT relnamespace::regnamespace::name FROM pg_class WHERE oid = to_regclass('users')");
    }

    /** The table's identity: one of the same name made later is another. */
    static String tableId(Connection connection) throws SQLException {
        return text(connection, "SELECT to_regclass('users')::oid");
    }

    private Optional<String> publication(Connection connection, boolean mayCreate) throws SQLException {
        String name = settings.publication();
        if (!isTrue(connection, "SELECT to_regclass('users') IS NOT NULL")) {
            return Optional.of("the table \"users\" is missing: create it with `hotcold migrate`");
        }
        if (!isTrue(connection, IDENTITY_HOLDS_USER_ID)) {
            return Optional.of("a deletion from the table \"users\" does not tell its user_id:"
                    + " ALTER TABLE users REPLICA IDENTITY FULL;");
        }
        if (!isTrue(connection, "SELECT count(*) > 0 FROM pg_publication WHERE pubname = ?", name)) {
            Optional<String> refused =
                    mayCreate ? create(connection) : Optional.of("the publication " + name + " is gone");
            if (refused.isPresent()) {
                return refused;
            }
        }
        if (!isTrue(
                connection,
                "SELECT count(*) > 0 FROM pg_publication_tables"
                        + " WHERE pubname = ? AND tablename = 'users' AND schemaname = ?",
                name,
                schema(connection))) {
            return Optional.of("the publication " + name + " is without the table \"users\": ALTER PUBLICATION " + name
                    + " ADD TABLE users;");
        }
        if (!isTrue(
                connection,
                "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = ?",
                name)) {
            return Optional.of("the publication " + name + " leaves out some changes: ALTER PUBLICATION " + name
                    + " SET (publish = 'insert, update, delete, truncate');");
        }
        if (connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_FILTERS
                && !isTrue(
                        connection,
                        "SELECT count(*) > 0 FROM pg_publication_tables WHERE pubname = ? AND tablename = 'users'"
                                + " AND schemaname = ? AND rowfilter IS NULL"
                                + " AND attnames @> ARRAY['user_id', 'deeplink', 'promo_message']::name[]",
                        name,
                        schema(connection))) {
            return Optional.of("the publication " + name + " leaves out some rows or columns: ALTER PUBLICATION " + name
                    + " SET TABLE users;");
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

    private Optional<String> create(Connection connection) throws SQLException {
        String sql = "CREATE PUBLICATION " + settings.publication() + " FOR TABLE users";
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            publicationIsNew.set(true);
            return Optional.empty();
        } catch (SQLException refused) {
            return switch (String.valueOf(refused.getSQLState())) {
                case ALREADY_THERE -> Optional.empty();
                case NOT_ALLOWED, NO_SUCH_TABLE ->
                    Optional.of("the role may not create the publication (" + firstLine(refused) + "): " + sql
                            + "; as the owner of the table, who must have CREATE on the database");
                default -> throw refused;
            };
        }
    }

    /** A pooler answers queries but lets no replication pass. */
    private Optional<String> replicationConnection() throws SQLException {
        try (Connection connection = database.connectForReplication();
                Statement statement = connection.createStatement()) {
            statement.execute("IDENTIFY_SYSTEM");
            return Optional.empty();
        } catch (SQLException refused) {
            if (PASSING.contains(String.valueOf(refused.getSQLState()))) {
                throw refused;
            }
            return Optional.of("no replication connection to " + database + " (" + firstLine(refused)
                    + "): set CHANGE_FEED_DATABASE_URL to PostgreSQL itself if that is a pooler, and let the role in"
                    + " by pg_hba.conf");
        }
    }

    static String firstLine(SQLException failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("no message");
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static boolean isTrue(Connection connection, String query, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setQueryTimeout(QUERY_SECONDS);
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
