package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.UserRow;
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
 * The one query of the service, prepared once per connection, and its rows.
 *
 * <p>The driver decodes what is no UTF-8 as U+FFFD, and says nothing. PostgreSQL sends such bytes where they are in a database that
 * believes them to be UTF-8; U+FFFD may also be what a text really holds. So rows with that character are read once more, as bytes.
 */
final class UserQuery {

    private static final String SQL =
            "SELECT user_id, deeplink, promo_message FROM users WHERE user_id = ANY($1::text[])";

    /** The same rows, with the texts as the bytes that are sent of them. */
    private static final String BYTES_SQL =
            "SELECT user_id, textsend(deeplink::text), textsend(promo_message::text) FROM (" + SQL
                    + ") AS users (user_id, deeplink, promo_message)";

    private static final char REPLACEMENT = '\ufffd';

    private UserQuery() {}

    /**
     * @param label "" or a comment: the driver keeps one statement for each text
     * @param ids none is a valid query too: it shows that the table can be read
     */
    static Future<RowSet<Row>> run(PgConnection connection, String label, List<UserId> ids) {
        return send(connection, SQL + label, ids);
    }

    /** The same, with the texts as bytes. */
    static Future<RowSet<Row>> runForBytes(PgConnection connection, String label, List<UserId> ids) {
        return send(connection, BYTES_SQL + label, ids);
    }

    private static Future<RowSet<Row>> send(PgConnection connection, String sql, List<UserId> ids) {
        String[] values = new String[ids.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ids.get(i).value();
        }
        return connection.preparedQuery(sql).execute(Tuple.of((Object) values));
    }

    /** The rows as the pool knows them. Throws when a column is of no text type. */
    static List<UserRow> rows(RowSet<Row> set) {
        List<UserRow> rows = new ArrayList<>(set.size());
        for (Row row : set) {
            rows.add(new UserRow(row.getString(0), orEmpty(row.getString(1)), orEmpty(row.getString(2))));
        }
        return rows;
    }

    /** Whether a text of the row may have been another before it was decoded. */
    static boolean isDoubtful(UserRow row) {
        return row.deeplink().indexOf(REPLACEMENT) >= 0 || row.promoMessage().indexOf(REPLACEMENT) >= 0;
    }

    /** The rows of {@link #runForBytes}. Fails with the first text that is no UTF-8. */
    static List<UserRow> rowsOfBytes(RowSet<Row> set) throws CharacterCodingException {
        List<UserRow> rows = new ArrayList<>(set.size());
        for (Row row : set) {
            rows.add(new UserRow(row.getString(0), decoded(row.getBuffer(1)), decoded(row.getBuffer(2))));
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
