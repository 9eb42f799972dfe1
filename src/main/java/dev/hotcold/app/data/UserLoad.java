package dev.hotcold.app.data;

import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.IdMatch;
import dev.hotcold.table.UsersTable;
import dev.hotcold.user.UserId;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Loads users into their table, in one transaction: they are copied into a temporary table, looked through there, and inserted or
 * updated by one statement.
 *
 * <p>Confined to: one thread, which it blocks.
 *
 * @param table for SQL, as the role resolves it
 */
record UserLoad(Connection connection, UsersTable table) {

    /** How many bad lines are told. */
    private static final int MOST_TOLD = 20;

    /** In front of the message of COPY's own failures, and of no others. */
    private static final Pattern LINE = Pattern.compile("COPY hotcold_load, line ([0-9]+)");

    private static final String STAGE = "pg_temp.hotcold_load";

    private static final String CREATE =
            "CREATE TEMPORARY TABLE hotcold_load (record bigint GENERATED ALWAYS AS IDENTITY,"
                    + " user_id text, deeplink text, promo_message text) ON COMMIT DROP";

    /** The line on which a record begins: those before may have line ends in their values. */
    private static final String LINE_OF = "1 + bad.record + (SELECT pg_catalog.count(*)"
            + " FROM " + STAGE + " AS e, LATERAL pg_catalog.regexp_matches(e.user_id || e.deeplink || e.promo_message,"
            + " E'\\n', 'g') WHERE e.record < bad.record)";

    private static final String BAD_IDS =
            "SELECT " + LINE_OF + " AS line, bad.user_id, bad.total FROM (SELECT record, user_id,"
                    + " count(*) OVER () AS total FROM " + STAGE + " WHERE user_id !~ '{RULE}' ORDER BY record LIMIT "
                    + MOST_TOLD + ") AS bad ORDER BY line";

    private static final String TWICE = "SELECT " + LINE_OF + " AS line, bad.user_id, bad.total FROM (SELECT"
            + " pg_catalog.max(record) AS record, pg_catalog.max(user_id) AS user_id, count(*) OVER () AS total FROM "
            + STAGE + " GROUP BY user_id{CAST} HAVING count(*) > 1 ORDER BY 1 LIMIT " + MOST_TOLD
            + ") AS bad ORDER BY line";

    /**
     * What differs only in a NULL or a letter that a collation takes for the same is updated too. A partitioned table does not say
     * which rows were inserted (xmax), but the statement does not see them yet.
     */
    private static final String UPSERT = """
            WITH loaded AS (
                INSERT INTO {TABLE} AS t (user_id, deeplink, promo_message)
                SELECT user_id{ID}, deeplink{DEEPLINK}, promo_message{PROMO} FROM {STAGE} ORDER BY 1
                ON CONFLICT (user_id) DO UPDATE
                    SET deeplink = excluded.deeplink, promo_message = excluded.promo_message
                    WHERE t.deeplink::text COLLATE "C" IS DISTINCT FROM excluded.deeplink::text COLLATE "C"
                        OR t.promo_message::text COLLATE "C" IS DISTINCT FROM excluded.promo_message::text COLLATE "C"
                RETURNING NOT EXISTS (SELECT 1 FROM {TABLE} AS was WHERE was.user_id {EQUALS} t.user_id) AS inserted
            )
            SELECT count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted),
                (SELECT count(*) FROM {STAGE}) FROM loaded
            """;

    /** What became of the lines of a file. */
    sealed interface Outcome {}

    /** All are in the table. */
    record Loaded(long inserted, long updated, long unchanged) implements Outcome {}

    /**
     * None is in the table.
     *
     * @param lines some of them
     * @param total how many there are
     */
    record Refused(List<BadLine> lines, long total) implements Outcome {}

    /** @param line from 1 */
    record BadLine(long line, String why) {}

    /** Why users cannot be loaded into the table at all, and what to do about it; "" = they can. */
    String problem() {
        if (table.kind() != 'r' && table.kind() != 'p') {
            return table.describe() + " is no table of rows of its own: load its users where it gets them from";
        }
        if (!table.hasUniqueIds()) {
            return "no unique index makes user_id unique in " + table.describe()
                    + ", so that a user could be there twice: CREATE UNIQUE INDEX ON " + table.sql() + " (user_id);";
        }
        return "";
    }

    /**
     * Loads a file.
     *
     * @param keep whether the transaction is committed; otherwise nothing is changed
     * @throws IOException when the file cannot be read
     * @throws SQLException when PostgreSQL fails, or refuses a user without saying which
     */
    Outcome load(CsvUsers file, boolean keep) throws IOException, SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(CREATE);
            copy(file);
            Refused refused = refused(statement);
            if (!refused.lines.isEmpty()) {
                return refused;
            }
            Loaded loaded = upsert(statement);
            if (keep) {
                connection.commit();
            }
            return loaded;
        } catch (PSQLException failure) {
            ServerErrorMessage said = failure.getServerErrorMessage();
            Matcher line = LINE.matcher(said == null ? "" : String.valueOf(said.getWhere()));
            if (said == null || !line.find()) {
                throw failure;
            }
            return new Refused(
                    List.of(new BadLine(Long.parseLong(line.group(1)), String.valueOf(said.getMessage()))), 1);
        } finally {
            connection.rollback();
        }
    }

    private void copy(CsvUsers file) throws IOException, SQLException {
        String columns = String.join(", ", file.columns());
        connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn(
                        "COPY " + STAGE + " (" + columns + ") FROM STDIN (FORMAT csv, HEADER true, FORCE_NOT_NULL ("
                                + columns + "))",
                        file);
    }

    private Refused refused(Statement statement) throws SQLException {
        Refused malformed = bad(statement, BAD_IDS.replace("{RULE}", rule()), " is no user_id: " + ruleInWords());
        return malformed.lines.isEmpty()
                ? bad(statement, TWICE.replace("{CAST}", cast(UsersTable.USER_ID)), " is there twice")
                : malformed;
    }

    private boolean isNumber() {
        IdMatch match = table.match().orElseThrow();
        return match == IdMatch.INTEGER || match == IdMatch.NUMERIC;
    }

    /** As {@link UserId#parse} has it, and such as the column may hold. */
    private String rule() {
        return isNumber() ? "^-?[0-9]{1,19}$" : "^[A-Za-z0-9_-]{1," + UserId.MAX_LENGTH + "}$";
    }

    private String ruleInWords() {
        return isNumber()
                ? "user_id of " + table.sql() + " is a number"
                : "1 to " + UserId.MAX_LENGTH + " letters, digits, _ and -";
    }

    private static Refused bad(Statement statement, String query, String why) throws SQLException {
        List<BadLine> lines = new ArrayList<>();
        long total = 0;
        try (ResultSet rows = statement.executeQuery(CatalogQuery.qualified(query))) {
            while (rows.next()) {
                lines.add(new BadLine(rows.getLong(1), "\"" + rows.getString(2) + "\"" + why));
                total = rows.getLong(3);
            }
        }
        return new Refused(lines, total);
    }

    private Loaded upsert(Statement statement) throws SQLException {
        String sql = UPSERT.replace("{TABLE}", table.sql())
                .replace("{EQUALS}", table.column(UsersTable.USER_ID).equality())
                .replace("{STAGE}", STAGE)
                .replace("{ID}", cast(UsersTable.USER_ID))
                .replace("{DEEPLINK}", cast(UsersTable.DEEPLINK))
                .replace("{PROMO}", cast(UsersTable.PROMO_MESSAGE));
        try (ResultSet row = statement.executeQuery(CatalogQuery.qualified(sql))) {
            row.next();
            long inserted = row.getLong(1);
            long updated = row.getLong(2);
            return new Loaded(inserted, updated, row.getLong(3) - inserted - updated);
        }
    }

    private String cast(String column) {
        return "::" + table.column(column).cast();
    }
}
