package dev.hotcold.app.jdbc;

import dev.hotcold.freshness.Deployment;
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
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of users, read as the lookup reads it: a text that is NULL counts as empty.
 *
 * <p>Confined to: one thread, which it blocks.
 */
public final class JdbcUsers implements StoredUsers {

    private static final int QUERY_SECONDS = 5;

    /** What the table is costs PostgreSQL more to say than some users do. */
    private static final Duration REMEMBERED = Duration.ofSeconds(30);

    private final Connection connection;
    private final String catalogQuery;
    private @Nullable UserSelect select;
    private long selectedAt;

    private JdbcUsers(Connection connection, String catalogQuery) {
        this.connection = connection;
        this.catalogQuery = catalogQuery;
    }

    /** The table as it is read by such a connection. */
    public static JdbcUsers of(PostgresJdbc postgres, Connection connection) throws SQLException {
        return new JdbcUsers(connection, postgres.catalogQuery());
    }

    /** The connection. */
    public Connection connection() {
        return connection;
    }

    @Override
    public void lookAnew() {
        select = null;
    }

    @Override
    public Map<UserId, User> read(List<UserId> ids) throws SQLException {
        UserSelect form = select();
        List<UserId> asked = form.asked(ids);
        try (PreparedStatement statement =
                connection.prepareStatement(form.sql().replace("$1", "?"))) {
            // A locked table must not leave a query behind in PostgreSQL for each attempt.
            statement.setQueryTimeout(QUERY_SECONDS);
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", asked.stream().map(UserId::value).toArray()));
            Map<UserId, User> users = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String found = form.found(rows.getString(1), form.hasOwn() ? rows.getString(4) : "")
                            .asked();
                    if (UserId.parse(found) instanceof UserId id) {
                        users.put(id, new User(id, text(rows.getString(2)), text(rows.getString(3))));
                    }
                }
            }
            return users;
        }
    }

    private UserSelect select() throws SQLException {
        UserSelect known = select;
        if (known == null || System.nanoTime() - selectedAt > REMEMBERED.toNanos()) {
            known = selected();
            select = known;
            selectedAt = System.nanoTime();
        }
        return known;
    }

    private UserSelect selected() throws SQLException {
        return UserSelect.of(table());
    }

    /**
     * The table.
     *
     * @throws SQLException also when there is none, or users cannot be looked up in it; says what to do
     */
    public UsersTable table() throws SQLException {
        return switch (resolve()) {
            case Resolution.Missing missing -> throw new SQLException(missing.advice());
            case Resolution.Resolved(UsersTable table) -> {
                Optional<String> problem = table.problem();
                if (problem.isPresent()) {
                    throw new SQLException(problem.get());
                }
                yield table;
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

    /** Whose users these are; of a table that is missing, whichever is in the database. */
    public Deployment deployment() throws SQLException {
        CatalogQuery.Place place = CatalogQuery.Place.of(catalog());
        return new Deployment(JdbcSearch.state(connection).system(), place.database(), place.table());
    }

    private Resolution resolve() throws SQLException {
        return CatalogQuery.parse(catalog());
    }

    private String catalog() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(catalogQuery)) {
            statement.setQueryTimeout(QUERY_SECONDS);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    private static String text(@Nullable String value) {
        return Objects.requireNonNullElse(value, "");
    }
}
