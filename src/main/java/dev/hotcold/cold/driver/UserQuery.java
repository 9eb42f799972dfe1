package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.UserRow;
import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.UserSelect;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one query of the service and its rows; and the query for what the table is.
 *
 * <p>The driver decodes what is no UTF-8 as U+FFFD, and says nothing. PostgreSQL sends such bytes where they are in a database that
 * believes them to be UTF-8; U+FFFD may also be what a text really holds. So rows with that character are read once more, as bytes.
 */
final class UserQuery {

    private static final char REPLACEMENT = '\ufffd';

    private static final String BACKEND = CatalogQuery.qualified("SELECT pg_backend_pid()");

    private UserQuery() {}

    /**
     * Sends a form of the query, prepared once per connection.
     *
     * @param sql with or without a comment: the driver keeps one statement for each text
     * @param ids none is a valid query too: it shows that the table can be read
     */
    static Future<RowSet<Row>> prepared(PgConnection connection, String sql, List<UserId> ids) {
        String[] values = new String[ids.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ids.get(i).value();
        }
        return connection.preparedQuery(sql).execute(Tuple.of((Object) values));
    }

    /**
     * Sends a form of the query in one message that needs nothing of the session, and whose answer says itself what its columns are.
     */
    static Future<RowSet<Row>> inline(PgConnection connection, String sql, List<UserId> ids) {
        return connection.query(UserSelect.inline(sql, ids)).execute();
    }

    /** Asks which process answers. */
    static Future<Integer> backend(PgConnection connection) {
        return connection
                .query(BACKEND)
                .execute()
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    /**
     * What the table is, as the role of the connection sees it, as JSON.
     *
     * @param query by which the name is resolved
     */
    static Future<String> resolve(PgConnection connection, String query) {
        return connection
                .query(query)
                .execute()
                .map(rows -> rows.iterator().next().getString(0));
    }

    /** The rows as the pool knows them. Throws when a column is of no text type. */
    static List<UserRow> rows(UserSelect select, RowSet<Row> set) {
        List<UserRow> rows = new ArrayList<>(set.size());
        for (Row row : set) {
            UserSelect.Found found = found(select, row);
            rows.add(new UserRow(found.asked(), found.isOwn(), orEmpty(row.getString(1)), orEmpty(row.getString(2))));
        }
        return rows;
    }

    private static UserSelect.Found found(UserSelect select, Row row) {
        return select.found(row.getString(0), select.hasOwn() ? row.getString(3) : "");
    }

    /** Whether a text of the row may have been another before it was decoded. */
    static boolean isDoubtful(UserRow row) {
        return row.deeplink().indexOf(REPLACEMENT) >= 0 || row.promoMessage().indexOf(REPLACEMENT) >= 0;
    }

    /** The rows of {@link UserSelect#bytesSql}. Fails with the first text that is no UTF-8. */
    static List<UserRow> rowsOfBytes(UserSelect select, RowSet<Row> set) throws CharacterCodingException {
        List<UserRow> rows = new ArrayList<>(set.size());
        for (Row row : set) {
            UserSelect.Found found = found(select, row);
            rows.add(new UserRow(found.asked(), found.isOwn(), decoded(row.getBuffer(1)), decoded(row.getBuffer(2))));
        }
        return rows;
    }

    private static String decoded(@Nullable Buffer bytes) throws CharacterCodingException {
        return bytes == null
                ? ""
                : StandardCharsets.UTF_8
                        .newDecoder() // reports, where those of String replace
                        .decode(ByteBuffer.wrap(bytes.getBytes()))
                        .toString();
    }

    /** A text that is NULL in a table not made by our migrations counts as empty: callers are promised a string. */
    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
