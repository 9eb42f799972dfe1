package dev.hotcold.local;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** A few users to try the service with. */
public final class DemoUsers {
    /** A user that {@link #load} makes sure of. */
    public static final String EXAMPLE_ID = "alice";

    private static final List<Row> ROWS = List.of(
            new Row(EXAMPLE_ID, "app://open/alice", "Welcome back, Alice"),
            new Row("bob", "app://orders/42?ref=promo&tab=items", "Free delivery until Sunday"),
            new Row("carol", "https://example.com/offers/spring", ""),
            new Row("zoe-7", "app://open/zo%C3%AB", "Zoë: \"50 % off\" \\o/ für dich — 今だけ 🎉"));

    private DemoUsers() {}

    /**
     * Inserts the users that are not there; leaves those that are as they are. The schema must have been applied.
     *
     * @return how many were inserted
     */
    public static int load(String jdbcUrl) throws SQLException {
        String insert = "INSERT INTO users (user_id, deeplink, promo_message) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                PreparedStatement statement = connection.prepareStatement(insert)) {
            int inserted = 0;
            for (Row row : ROWS) {
                statement.setString(1, row.userId);
                statement.setString(2, row.deeplink);
                statement.setString(3, row.promoMessage);
                inserted += statement.executeUpdate();
            }
            return inserted;
        }
    }

    private record Row(String userId, String deeplink, String promoMessage) {}
}
