package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.UserRow;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one query of the service, prepared once per connection, and its rows. */
final class UserQuery {

    private static final String SQL =
            "SELECT user_id, deeplink, promo_message FROM users WHERE user_id = ANY($1::text[])";

    private UserQuery() {}

    /** @param ids none is a valid query too: it shows that the table can be read */
    static Future<RowSet<Row>> run(PgConnection connection, List<UserId> ids) {
        String[] values = new String[ids.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ids.get(i).value();
        }
        return connection.preparedQuery(SQL).execute(Tuple.of((Object) values));
    }

    /** The rows as the pool knows them. Throws when a column is of no text type. */
    static List<UserRow> rows(RowSet<Row> set) {
        List<UserRow> rows = new ArrayList<>(set.size());
        for (Row row : set) {
            rows.add(new UserRow(row.getString(0), orEmpty(row.getString(1)), orEmpty(row.getString(2))));
        }
        return rows;
    }

    /** A text that is NULL in a table not made by our migrations counts as empty: callers are promised a string. */
    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
