package dev.hotcold.changefeed.postgres;

import java.net.ProtocolException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Queries of one value, and what failed ones say. */
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

    static boolean isTrue(Connection connection, String query, String... parameters) throws SQLException {
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

    static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
