package dev.hotcold.cold;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one query of the service, prepared once per connection, and how its rows become users. */
final class UserQuery {

    /** A text that is NULL in a table not made by our migrations counts as empty: callers are promised a string. */
    private static final String SQL =
            "SELECT user_id, deeplink, promo_message FROM users WHERE user_id = ANY($1::text[])";

    private UserQuery() {}

    /** @param ids none is a valid question too: it shows that the table can be read */
    static Future<RowSet<Row>> run(PgConnection connection, List<ColdQueue.Read> ids) {
        String[] values = new String[ids.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ids.get(i).id().value();
        }
        return connection.preparedQuery(SQL).execute(Tuple.of((Object) values));
    }

    /** The text of the row's identifier. */
    static String id(Row row) {
        return row.getString(0);
    }

    static ColdRead toColdRead(UserId id, Row row) {
        return new ColdRead.Present(new User(id, orEmpty(row.getString(1)), orEmpty(row.getString(2))));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
