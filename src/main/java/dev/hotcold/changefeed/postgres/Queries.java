package dev.hotcold.changefeed.postgres;

import dev.hotcold.table.CatalogQuery;
import java.net.ProtocolException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Queries of one value, and what failed ones say. Their functions are PostgreSQL's own, whatever stands in front of them in the
 * role's search path, which is nobody else's business: the role of the feed is often a superuser.
 */
public final class Queries {

    /** A locked table must not leave a query behind in PostgreSQL for each check of it. */
    private static final int QUERY_SECONDS = 2;

    private Queries() {}

    /** The first line of a failure's message: the others are details. What the server may not send is a reason of its own. */
    public static String firstLine(SQLException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProtocolException) {
                return String.valueOf(cause.getMessage());
            }
        }
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("no message");
    }

    /** Whether following the log has failed because of what it holds there, and not for want of a connection. */
    public static boolean isUnreadable(SQLException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProtocolException) {
                return true;
            }
        }
        String state = String.valueOf(failure.getSQLState());
        // Data that cannot be sent, too large for PostgreSQL to send, and its own failures while it decodes.
        return state.startsWith("22") || state.startsWith("54") || state.startsWith("XX");
    }

    static boolean isTrue(Connection connection, String query, String... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, query, parameters);
                ResultSet row = statement.executeQuery()) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** The one value of a query; empty = it is NULL, or there is no row. */
    static Optional<String> textOf(Connection connection, String query, String... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, query, parameters);
                ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
        }
    }

    /** The first column of a query's rows. */
    static List<String> texts(Connection connection, String query, String... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, query, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
            return texts;
        }
    }

    private static PreparedStatement prepared(Connection connection, String query, String... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(CatalogQuery.qualified(query));
        statement.setQueryTimeout(QUERY_SECONDS);
        for (int i = 0; i < parameters.length; i++) {
            statement.setString(i + 1, parameters[i]);
        }
        return statement;
    }

    static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(CatalogQuery.qualified(query))) {
            row.next();
            return row.getString(1);
        }
    }
}
