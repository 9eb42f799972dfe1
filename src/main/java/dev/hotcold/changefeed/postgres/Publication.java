package dev.hotcold.changefeed.postgres;

import dev.hotcold.table.UsersTable;
import dev.hotcold.table.UsersTable.Member;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The publication of the table. It is created with exactly the tables that hold users, and only if their owner can do all that
 * was possible before: PostgreSQL refuses UPDATE and DELETE of published tables without a replica identity. Thread-safe.
 *
 * @param name needs no quotes
 */
record Publication(String name) {

    private static final String NO_SUCH_TABLE = "42P01";
    private static final String NOT_ALLOWED = "42501";
    private static final String ALREADY_THERE = "42710";

    /** What an UPDATE of a table fails with that a publication stands in the way of. */
    private static final String NOT_NOW = "55000";

    /** The first version of PostgreSQL that publishes a partitioned table. */
    private static final int FIRST_WITH_PARTITIONED = 13;

    /** Others must not wait behind a wait of ours. */
    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s'";

    /** Those of some tables that it publishes neither by themselves nor by a table above them, of some that may be. */
    private static final String NOT_PUBLISHED = """
            SELECT m.oid FROM unnest('{MEMBERS}'::oid[]) AS m (oid) WHERE NOT EXISTS (
                SELECT 1 FROM pg_publication_tables AS p
                JOIN pg_namespace AS n ON n.nspname = p.schemaname
                JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = p.tablename
                WHERE p.pubname = ? AND c.oid = ANY ('{TREE}'::oid[])
                    AND (c.oid = m.oid OR c.oid IN (SELECT relid FROM pg_partition_ancestors(m.oid) AS a (relid)))MORE)
            """;

    /** Rows or ids that it leaves out show only from version 15 on. */
    private static final String WHOLE = """
             AND to_jsonb(p) ->> 'rowfilter' IS NULL
                    AND coalesce(to_jsonb(p) -> 'attnames' @> '["user_id"]', true)""";

    private static final String BY_ANOTHER = """
            SELECT string_agg(DISTINCT quote_ident(p.schemaname) || '.' || quote_ident(p.tablename), ', ')
            FROM pg_publication_tables AS p
            JOIN pg_namespace AS n ON n.nspname = p.schemaname
            JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = p.tablename
            WHERE p.pubname = ? AND c.oid <> ALL ('{TREE}'::oid[])
                AND c.oid IN (SELECT relid FROM pg_partition_ancestors(ROOT) AS a (relid))
            """;

    boolean isThere(Connection connection) throws SQLException {
        return Queries.isTrue(connection, "SELECT count(*) > 0 FROM pg_publication WHERE pubname = ?", name);
    }

    /** What it leaves out of the table, and how to fix that; empty = nothing. */
    Optional<String> missing(Connection connection, UsersTable table) throws SQLException {
        if (!Queries.isTrue(
                connection,
                "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = ?",
                name)) {
            return Optional.of("the publication " + name + " leaves out some changes: ALTER PUBLICATION " + name
                    + " SET (publish = 'insert, update, delete, truncate');");
        }
        Optional<String> another = Queries.textOf(
                connection, BY_ANOTHER.replace("TREE", oids(table)).replace("ROOT", Long.toString(table.oid())), name);
        if (another.isPresent()) {
            return Optional.of("the publication " + name + " tells changes of " + table.describe() + " as those of "
                    + another.get() + ": ALTER PUBLICATION " + name + " SET (publish_via_partition_root = false);");
        }
        List<Member> unpublished = unpublished(connection, table, "");
        if (!unpublished.isEmpty()) {
            String listed = table.kind() == 'p' ? table.sql() : list(unpublished);
            return Optional.of("the publication " + name + " is without " + plain(unpublished) + ": ALTER PUBLICATION "
                    + name + " ADD TABLE " + listed + ";");
        }
        List<Member> parts = unpublished(connection, table, WHOLE);
        if (!parts.isEmpty()) {
            String listed = table.kind() == 'p' ? table.sql() : list(parts);
            return Optional.of("the publication " + name + " leaves out some rows, or user_id, of " + plain(parts)
                    + ": ALTER PUBLICATION " + name + " DROP TABLE " + listed + "; ALTER PUBLICATION " + name
                    + " ADD TABLE " + listed + ";");
        }
        return Optional.empty();
    }

    private List<Member> unpublished(Connection connection, UsersTable table, String more) throws SQLException {
        if (table.members().isEmpty()) {
            return List.of();
        }
        String members = table.members().stream()
                .map(member -> Long.toString(member.oid()))
                .collect(Collectors.joining(","));
        List<String> found = Queries.texts(
                connection,
                NOT_PUBLISHED
                        .replace("MEMBERS", members)
                        .replace("TREE", oids(table))
                        .replace("MORE", more),
                name);
        return table.members().stream()
                .filter(member -> found.contains(Long.toString(member.oid())))
                .toList();
    }

    private static String oids(UsersTable table) {
        return table.tree().stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static String plain(List<Member> members) {
        return members.stream().map(Member::sql).collect(Collectors.joining(", "));
    }

    /** Without what inherits from them, which is listed by itself. */
    private static String list(List<Member> members) {
        return members.stream().map(member -> "ONLY " + member.sql()).collect(Collectors.joining(", "));
    }

    /**
     * Creates it.
     *
     * @param onCreated called when it was created here
     * @return why it was not; empty = it is there
     */
    Optional<String> create(Connection connection, UsersTable table, Runnable onCreated) throws SQLException {
        boolean byRoot =
                table.kind() == 'p' && connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_PARTITIONED;
        String sql = "CREATE PUBLICATION " + name + " FOR TABLE "
                + (byRoot || (table.members().size() == 1 && table.kind() == 'r')
                        ? table.sql()
                        : list(table.members()));
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(LOCK_TIMEOUT);
            statement.execute(sql);
            Optional<String> harm = harm(connection, table);
            if (harm.isEmpty()) {
                connection.commit();
                onCreated.run();
            }
            return harm;
        } catch (SQLException refused) {
            return switch (String.valueOf(refused.getSQLState())) {
                case ALREADY_THERE -> Optional.empty();
                case NOT_ALLOWED, NO_SUCH_TABLE ->
                    Optional.of("the role may not create the publication (" + Queries.firstLine(refused) + "): " + sql
                            + "; as the owner of the table, who must have CREATE on the database");
                default -> throw refused;
            };
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** What of the owner's the publication breaks: tried by plans, which change nothing and fire no trigger. */
    private static Optional<String> harm(Connection connection, UsersTable table) throws SQLException {
        for (Member member : table.members()) {
            for (String change : List.of("UPDATE ONLY %s SET user_id = DEFAULT", "DELETE FROM ONLY %s")) {
                Savepoint before = connection.setSavepoint();
                try (Statement statement = connection.createStatement()) {
                    statement.execute("EXPLAIN " + change.formatted(member.sql()));
                } catch (SQLException refused) {
                    connection.rollback(before);
                    if (NOT_NOW.equals(refused.getSQLState())) {
                        return Optional.of("a publication would break the owner's statements ("
                                + Queries.firstLine(refused) + "): ALTER TABLE " + member.sql()
                                + " REPLICA IDENTITY FULL;");
                    }
                }
            }
        }
        return Optional.empty();
    }
}
