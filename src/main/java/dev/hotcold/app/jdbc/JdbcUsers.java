package dev.hotcold.app.jdbc;

import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UserSelect;
import dev.hotcold.table.UsersTable;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of users, read as the lookup reads it: a text that is NULL counts as empty.
 *
 * @param connection for queries
 * @param catalogQuery for what the table is
 */
public record JdbcUsers(Connection connection, String catalogQuery) implements StoredUsers {

    private static final int QUERY_SECONDS = 5;

    @Override
    public Map<UserId, User> read(List<UserId> ids) throws SQLException {
        UserSelect select = select();
        List<UserId> asked = select.asked(ids);
        try (PreparedStatement statement =
                connection.prepareStatement(select.sql().replace("$1", "?"))) {
            // A locked table must not leave a query behind in PostgreSQL for each attempt.
            statement.setQueryTimeout(QUERY_SECONDS);
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", asked.stream().map(UserId::value).toArray()));
            Map<UserId, User> users = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String found = select.found(rows.getString(1), select.hasOwn() ? rows.getString(4) : "")
                            .asked();
                    if (UserId.parse(found) instanceof UserId id) {
                        users.put(id, new User(id, text(rows.getString(2)), text(rows.getString(3))));
                    }
                }
            }
            return users;
        }
    }

    /** The table as it is read by such a connection. */
    public static JdbcUsers of(PostgresJdbc postgres, Connection connection) throws SQLException {
        return new JdbcUsers(connection, postgres.catalogQuery(connection));
    }

    /** Looked anew each time: the table may be another now. */
    private UserSelect select() throws SQLException {
        return switch (resolve()) {
            case Resolution.Missing missing -> throw new SQLException(missing.advice());
            case Resolution.Resolved(UsersTable table) -> {
                Optional<String> problem = table.problem();
                if (problem.isPresent()) {
                    throw new SQLException(problem.get());
                }
                yield UserSelect.of(table);
            }
        };
    }

    /** Why users cannot be looked up in the table; empty = they can, or there is none yet. */
    public Optional<String> problem() throws SQLException {
        return switch (resolve()) {
            case Resolution.Missing _ -> Optional.empty();
            case Resolution.Resolved(UsersTable table) -> table.problem();
        };
    }

    /** Whether there is a table for the role of the connection. */
    public boolean isThere() throws SQLException {
        return resolve() instanceof Resolution.Resolved;
    }

    private Resolution resolve() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(catalogQuery)) {
            statement.setQueryTimeout(QUERY_SECONDS);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return CatalogQuery.parse(row.getString(1));
            }
        }
    }

    private static String text(@Nullable String value) {
        return Objects.requireNonNullElse(value, "");
    }
}
