package dev.hotcold.app.jdbc;

import dev.hotcold.freshness.StoredUsers;
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
import org.jspecify.annotations.Nullable;

/** The table of users, read as the lookup reads it: a text that is NULL counts as empty. */
public record JdbcUsers(Connection connection) implements StoredUsers {

    private static final int QUERY_SECONDS = 5;

    @Override
    public Map<UserId, User> read(List<UserId> ids) throws SQLException {
        String query = "SELECT user_id, deeplink, promo_message FROM users WHERE user_id = ANY (?)";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            // A locked table must not leave a query behind in PostgreSQL for each attempt.
            statement.setQueryTimeout(QUERY_SECONDS);
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", ids.stream().map(UserId::value).toArray()));
            Map<UserId, User> users = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (UserId.parse(rows.getString(1)) instanceof UserId id) {
                        users.put(id, new User(id, text(rows.getString(2)), text(rows.getString(3))));
                    }
                }
            }
            return users;
        }
    }

    private static String text(@Nullable String value) {
        return Objects.requireNonNullElse(value, "");
    }
}
