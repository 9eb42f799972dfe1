package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UsersTable;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;

/**
 * The table of users in the catalog, as the lookups' role resolves its name.
 *
 * <p>Confined to: one thread, which it blocks.
 *
 * @param lookups a connection of that role
 * @param byName the query for what the name stands for
 * @param publication what the log tells of
 */
public record TableCatalog(Connection lookups, String byName, String publication) {

    private static final String TELLS_TRUNCATION = "SELECT count(*) = 0 FROM pg_publication AS p"
            + " WHERE pubname = ? AND to_jsonb(p) ->> 'pubviaroot' = 'true'";

    /** Which publication it is, and what it names: rows of the catalog that are others once it was changed, and put back too. */
    private static final String PUBLICATION = """
            SELECT concat_ws(' ', p.oid, p.xmin,
                (SELECT string_agg(concat_ws('/', r.oid, r.xmin), ',' ORDER BY r.oid)
                    FROM pg_publication_rel AS r WHERE r.prpubid = p.oid)SCHEMAS)
            FROM pg_publication AS p WHERE p.pubname = ?
            """;

    private static final int FIRST_WITH_SCHEMAS = 15;
    private static final String SCHEMAS = """
            ,
                (SELECT string_agg(concat_ws('/', n.oid, n.xmin), ',' ORDER BY n.oid)
                    FROM pg_publication_namespace AS n WHERE n.pnpubid = p.oid)""";

    /**
     * The catalog as a connection sees it.
     *
     * @param lookups of the lookups' role
     */
    public static TableCatalog of(FeedDatabase database, Connection lookups, String publication) throws SQLException {
        return new TableCatalog(lookups, database.catalogQuery(), publication);
    }

    /** Looks up what the name stands for. */
    public Resolution resolve() throws SQLException {
        return CatalogQuery.parse(Queries.text(lookups, byName));
    }

    /**
     * What the name stands for, as one text that is another when what is cached may not be continued by the log. A table that
     * is gone has one too.
     */
    public String fingerprint() throws SQLException {
        return switch (resolve()) {
            case Resolution.Resolved(UsersTable table) -> fingerprint(table);
            case Resolution.Missing _ -> "missing";
        };
    }

    /** The fingerprint of a table that was resolved just now. */
    public String fingerprint(UsersTable table) throws SQLException {
        // Published by its root, a partition that is truncated leaves nothing in the log.
        String whole = table.fingerprint(Queries.isTrue(lookups, TELLS_TRUNCATION, publication)) + published();
        return UUID.nameUUIDFromBytes(whole.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private String published() throws SQLException {
        boolean hasSchemas = lookups.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_SCHEMAS;
        return Queries.textOf(lookups, PUBLICATION.replace("SCHEMAS", hasSchemas ? SCHEMAS : ""), publication)
                .orElse("none");
    }

    /** The table; ends the session when there is none. */
    public UsersTable table() throws SQLException {
        return switch (resolve()) {
            case Resolution.Resolved(UsersTable table) -> table;
            case Resolution.Missing missing -> throw new SessionEndedException(missing.advice());
        };
    }

    /** Whether another connection, of whatever role, leads to the same table. */
    public static boolean isThere(UsersTable table, Connection connection) throws SQLException {
        return CatalogQuery.parse(Queries.text(connection, CatalogQuery.byOid(table.oid())))
                        instanceof Resolution.Resolved(UsersTable there)
                && there.structure().equals(table.structure());
    }
}
