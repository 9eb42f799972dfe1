package dev.hotcold.changefeed.postgres;

import dev.hotcold.table.UsersTable;
import dev.hotcold.table.UsersTable.Member;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publication of the table. It is created with exactly the tables that hold users, and only if their owner can do all that
 * was possible before: PostgreSQL refuses UPDATE and DELETE of published tables without a replica identity. Thread-safe.
 *
 * @param name needs no quotes
 */
record Publication(String name) {

    private static final Logger LOG = LoggerFactory.getLogger(Publication.class);

    private static final String NO_SUCH_TABLE = "42P01";
    private static final String NOT_ALLOWED = "42501";
    private static final String ALREADY_THERE = "42710";

    /** The first version of PostgreSQL that publishes a partitioned table. */
    private static final int FIRST_WITH_PARTITIONED = 13;

    /** Others must not wait behind a wait of ours. */
    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s'";

    /** Those of the members that it publishes neither by themselves nor by a table above them in the tree. */
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

    /** So that it can be told from one that the owner has made, which is nobody's to drop but the owner's. */
    private static final String MADE_HERE =
            "made by hotcold-user-api, which drops it when it stands in the way of UPDATE or DELETE";

    private static final String PUBLISHED = """
            SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_publication_tables WHERE pubname = ?
            """;

    /** How those are named to it of which it leaves something out. */
    private static final String LISTED_IN_PART = """
            SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
            FROM pg_publication AS p
            JOIN pg_publication_rel AS r ON r.prpubid = p.oid
            JOIN pg_class AS c ON c.oid = r.prrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE p.pubname = ? AND c.oid = ANY ('{TREE}'::oid[])
                AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM pg_attribute AS a
                    WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND a.attnum = ANY (r.prattrs::int2[])))
            ORDER BY 1
            """;

    private static final String MAY_CREATE = """
            SELECT has_database_privilege(current_database(), 'CREATE')
                AND bool_and(pg_has_role(c.relowner, 'USAGE'))
            FROM pg_class AS c WHERE c.oid = ANY ('{MEMBERS}'::oid[])
            """;

    private static final String PRIMARY_KEY =
            "SELECT count(*) > 0 FROM pg_index WHERE indrelid = ?::oid AND indisprimary";

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
            String listed = listed(connection, table, unpublished);
            return Optional.of("the publication " + name + " is without " + plain(unpublished) + ": ALTER PUBLICATION "
                    + name + " ADD TABLE " + listed + ";");
        }
        List<Member> parts = unpublished(connection, table, WHOLE);
        if (!parts.isEmpty()) {
            String listed =
                    String.join(", ", Queries.texts(connection, LISTED_IN_PART.replace("TREE", oids(table)), name));
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

    /**
     * How such members are named to a publication: a partitioned table as a whole, if what becomes a partition later gets a key from
     * it; otherwise one by one, without what inherits from them. A publication of the whole would have its owner's UPDATE fail
     * as soon as there is a partition without a key.
     */
    private static String listed(Connection connection, UsersTable table, List<Member> members) throws SQLException {
        boolean asAWhole = table.kind() == 'p'
                && connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_PARTITIONED
                && Queries.isTrue(connection, PRIMARY_KEY, Long.toString(table.oid()));
        return asAWhole
                ? table.sql()
                : members.stream().map(member -> "ONLY " + member.sql()).collect(Collectors.joining(", "));
    }

    /**
     * Creates it.
     *
     * @param onCreated called when it was created here
     * @param onHarm called with the reason when it was not, because it would break statements of the owner
     * @return why it was not; empty = it is there
     */
    Optional<String> create(Connection connection, UsersTable table, Runnable onCreated, Consumer<String> onHarm)
            throws SQLException {
        String sql = statement(connection, table);
        List<String> tables = table.members().stream().map(Member::sql).toList();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(LOCK_TIMEOUT);
            OwnersStatements before = OwnersStatements.tried(connection, tables);
            statement.execute(sql);
            statement.execute("COMMENT ON PUBLICATION " + name + " IS '" + MADE_HERE + "'");
            Optional<String> harm = OwnersStatements.tried(connection, tables).lessThan(before);
            if (harm.isEmpty()) {
                connection.commit();
                onCreated.run();
            }
            harm.ifPresent(onHarm);
            return harm;
        } catch (SQLException refused) {
            return switch (String.valueOf(refused.getSQLState())) {
                case ALREADY_THERE -> Optional.empty();
                case NOT_ALLOWED, NO_SUCH_TABLE -> notAllowed(Queries.firstLine(refused), sql);
                default -> throw refused;
            };
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private String statement(Connection connection, UsersTable table) throws SQLException {
        boolean isAlone = table.kind() == 'r' && table.members().size() == 1;
        return "CREATE PUBLICATION " + name + " FOR TABLE "
                + (isAlone ? table.sql() : listed(connection, table, table.members()));
    }

    private static Optional<String> notAllowed(String why, String sql) {
        return Optional.of("the role may not create the publication (" + why + "): " + sql
                + "; as the owner of the table, who must have CREATE on the database");
    }

    /** Why the role may not create it, by what the catalog says, and how to fix that; empty = it may. */
    Optional<String> whyNotCreated(Connection connection, UsersTable table) throws SQLException {
        String members = table.members().stream()
                .map(member -> Long.toString(member.oid()))
                .collect(Collectors.joining(","));
        return Queries.isTrue(connection, MAY_CREATE.replace("MEMBERS", members))
                ? Optional.empty()
                : notAllowed("it does not own the table, or has no CREATE", statement(connection, table));
    }

    /**
     * Drops it if it was made here and has come to break statements of the owner: a primary key was dropped, or a partition made
     * that has none.
     */
    void dropIfInTheWay(Connection connection) throws SQLException {
        if (!Queries.isTrue(
                connection,
                "SELECT count(*) > 0 FROM pg_publication WHERE pubname = ? AND pg_has_role(pubowner, 'USAGE')"
                        + " AND obj_description(oid, 'pg_publication') = '" + MADE_HERE + "'",
                name)) {
            return;
        }
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(LOCK_TIMEOUT);
            List<String> tables = Queries.texts(connection, PUBLISHED, name);
            OwnersStatements with = OwnersStatements.tried(connection, tables);
            if (with.failures().isEmpty()) {
                return;
            }
            statement.execute("DROP PUBLICATION " + name);
            Optional<String> harm = with.lessThan(OwnersStatements.tried(connection, tables));
            if (harm.isPresent()) {
                connection.commit();
                LOG.warn("Change feed: dropped the publication {}, which was made here: {}", name, harm.get());
            }
        } catch (SQLException notNow) {
            LOG.debug("What the publication is in the way of cannot be tried now", notNow);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }
}
