package dev.hotcold.table;

import dev.hotcold.user.UserId;
import java.util.List;

/**
 * The query of users by their ids, which are its one parameter, {@code $1}, a text[]. Its rows have the id, deeplink and
 * promo_message; where an id may be written in several ways, the first column is the id as it was asked for, and a fourth one the
 * row's own. There is one row for each id at most, also where nothing makes ids unique. In every form PostgreSQL can use an index
 * on user_id.
 *
 * @param sql the query
 * @param bytesSql the same, with the texts as the bytes that PostgreSQL sends of them
 * @param match how ids are compared
 * @param grant the statement that gives the role the right to run the query
 */
public record UserSelect(String sql, String bytesSql, IdMatch match, String grant) {

    /**
     * A user that was found.
     *
     * @param asked the id that was asked for
     * @param isOwn whether it is the one that the row has, by which the change feed would name it
     */
    public record Found(String asked, boolean isOwn) {}

    /** Of several rows of one id always the same, however many ids are asked for, so that no comparison finds another. */
    private static final String FIRST =
            " ORDER BY user_id, deeplink::text COLLATE \"C\", promo_message::text COLLATE \"C\"";

    private static final List<String> WITH_OWN = List.of("id", "deeplink", "promo_message", "own");
    private static final List<String> BYTES = List.of("user_id", "textsend", "textsend");
    private static final List<String> BYTES_WITH_OWN = List.of("user_id", "textsend", "textsend", "own");

    private static final String PARAMETER = "($1::text[]";

    /** The query of a table without a {@linkplain UsersTable#problem() problem}. */
    public static UserSelect of(UsersTable table) {
        IdMatch match = table.match().orElseThrow();
        String type = switch (match) {
            case EXACT -> "";
            case INTEGER -> "::pg_catalog.int8";
            case PADDED, NUMERIC, LOOSE ->
                "::" + table.column(UsersTable.USER_ID).cast();
        };
        String equality =
                match == IdMatch.LOOSE ? table.column(UsersTable.USER_ID).equality() : "=";
        boolean isDirect = isDirect(match);
        String sql = isDirect
                // A lateral join with LIMIT 1 would read the table once for each id where PostgreSQL uses no index:
                // where a view computes user_id, or the planner expects many rows of each id.
                ? "SELECT " + (table.hasUniqueIds() ? "" : "DISTINCT ON (user_id) ")
                        + "user_id, deeplink, promo_message FROM " + table.sql() + " WHERE user_id = ANY($1::text[]"
                        + (type.isEmpty() ? "" : type + "[]") + ")" + (table.hasUniqueIds() ? "" : FIRST)
                // The row of that very name first, and one for each id: no two answers to one question.
                : "SELECT asked.id, found.deeplink, found.promo_message, found.own FROM unnest($1::text[]) AS asked (id)"
                        + " CROSS JOIN LATERAL (SELECT deeplink, promo_message, user_id::text AS own FROM "
                        + table.sql() + " WHERE user_id " + equality
                        + " asked.id" + type
                        + " ORDER BY (user_id::text COLLATE \"C\") <> asked.id LIMIT 1) AS found";
        String own = isDirect ? "" : ", own";
        // A cast to text would take the blanks at the end of a char(n).
        String bytes = "SELECT user_id, textsend(concat(deeplink)), textsend(concat(promo_message))" + own + " FROM ("
                + sql + ") AS users (user_id, deeplink, promo_message" + own + ")";
        return new UserSelect(sql, bytes, match, grant(table.sql(), table.role()));
    }

    /**
     * The statement by which an owner lets a role read users, and nothing else of the table.
     *
     * @param table its name, for SQL
     * @param role quoted for SQL
     */
    static String grant(String table, String role) {
        return "GRANT SELECT (" + String.join(", ", UsersTable.COLUMNS) + ") ON " + table + " TO " + role + ";";
    }

    /** Whether the rows that are found name the ids that were asked for. */
    private static boolean isDirect(IdMatch match) {
        return match == IdMatch.EXACT || match == IdMatch.PADDED;
    }

    /** Whether rows have the fourth column. */
    public boolean hasOwn() {
        return !isDirect(match);
    }

    /** What the columns of {@link #sql} are called. */
    public List<String> columns() {
        return hasOwn() ? WITH_OWN : UsersTable.COLUMNS;
    }

    /** What the columns of {@link #bytesSql} are called. */
    public List<String> bytesColumns() {
        return hasOwn() ? BYTES_WITH_OWN : BYTES;
    }

    /**
     * One of the forms with the ids in its text, for a session that keeps nothing. It looks the same to PostgreSQL's statistics,
     * however many ids there are, and is planned without a look at each, as a prepared statement is.
     */
    public static String inline(String form, List<UserId> ids) {
        StringBuilder array = new StringBuilder(ids.size() * (UserId.MAX_LENGTH + 3)).append("((SELECT '{");
        String separator = "\"";
        for (UserId id : ids) {
            // Letters, digits, _ and -, so that only a bare NULL needs the quotes.
            array.append(separator).append(id.value()).append('"');
            separator = ",\"";
        }
        // With its cast, which no name of a table looks like; and with another one, for else it were a set to compare
        // with.
        return form.replace(PARAMETER, array.append("}'::text[])::text[]"));
    }

    /**
     * Which user a row is.
     *
     * @param first its first column
     * @param own its fourth column; anything where there is none
     */
    public Found found(String first, String own) {
        if (hasOwn()) {
            return new Found(first, first.equals(own));
        }
        return new Found(
                match == IdMatch.EXACT
                        ? first
                        : match.ofRow(first).map(UserId::value).orElse(first),
                true);
    }

    /** Those of the ids that the query may have. */
    public List<UserId> asked(List<UserId> ids) {
        return ids.stream().allMatch(match::isAsked)
                ? ids
                : ids.stream().filter(match::isAsked).toList();
    }
}
