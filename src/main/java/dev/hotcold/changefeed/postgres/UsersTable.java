package dev.hotcold.changefeed.postgres;

import java.sql.Connection;
import java.sql.SQLException;

/** The table of users as the connection's role resolves its name. */
public final class UsersTable {

    private UsersTable() {}

    /** The schema of the table. */
    public static String schema(Connection connection) throws SQLException {
        return Queries.text(
                connection, "SELECT relnamespace::regnamespace::name FROM pg_class WHERE oid = to_regclass('users')");
    }

    /** The table's identity: one of the same name made later is another. */
    public static String id(Connection connection) throws SQLException {
        return Queries.text(connection, "SELECT to_regclass('users')::oid");
    }
}
