package dev.hotcold.app.training;

import dev.hotcold.app.jdbc.PostgresJdbc;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Users u1, u2 and so on in an otherwise empty table, some of which change now and then, until this is closed. */
public final class TrainingUsers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrainingUsers.class);

    private static final Duration BETWEEN_CHANGES = Duration.ofMillis(200);
    private static final int CHANGED_AT_ONCE = 100;

    private final Connection connection;
    private final int count;
    private final Thread changing;

    private TrainingUsers(Connection connection, int count) {
        this.connection = connection;
        this.count = count;
        this.changing = Thread.ofPlatform().daemon().unstarted(this::change);
    }

    /** Inserts them. */
    public static TrainingUsers insert(PostgresJdbc postgres, int count) throws SQLException {
        Connection connection = postgres.connect();
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO users (user_id, deeplink, promo_message)"
                    + " SELECT 'u' || n, 'https://app.example.com/offers/' || n || '?a=b&c=d', 'Grüße, \"' || n || '\"'"
                    + " FROM generate_series(1, " + count + ") n");
        }
        return new TrainingUsers(connection, count);
    }

    /** Starts the updates, on a thread of its own. */
    public void startChanging() {
        changing.start();
    }

    @Override
    public void close() throws SQLException {
        changing.interrupt();
        connection.close();
    }

    private void change() {
        String update = "UPDATE users SET promo_message = promo_message || '.' WHERE user_id IN"
                + " (SELECT 'u' || n FROM generate_series(?, ?) n)";
        try (PreparedStatement statement = connection.prepareStatement(update)) {
            for (int first = 1; first <= count; first += CHANGED_AT_ONCE) {
                statement.setInt(1, first);
                statement.setInt(2, first + CHANGED_AT_ONCE - 1);
                statement.executeUpdate();
                Thread.sleep(BETWEEN_CHANGES);
            }
        } catch (SQLException failure) {
            LOG.warn("The updates of users have stopped: {}", failure.getMessage());
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }
}
