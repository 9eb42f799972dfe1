package dev.hotcold.table;

import dev.hotcold.table.UsersTable.Column;
import dev.hotcold.table.UsersTable.Member;
import dev.hotcold.table.UsersTable.Reader;
import dev.hotcold.table.UsersTable.Relation;
import dev.hotcold.table.UsersTable.Storage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What PostgreSQL's catalog says of the table of users, from version 12 on: a query whose one row has one column, JSON. */
public final class CatalogQuery {

    private static final String SELECT = """
            WITH RECURSIVE PATH named AS (
                SELECT c.* FROM pg_class AS c WHERE c.oid = RELATION
            ), wanted AS (
                SELECT a.attname, a.attnum, a.atttypid, a.attcollation, a.attgenerated
                FROM pg_attribute AS a JOIN named ON a.attrelid = named.oid
                WHERE a.attname IN ('user_id', 'deeplink', 'promo_message') AND NOT a.attisdropped
            ), typed AS (
                SELECT w.attname, t.oid, t.typname, t.typnamespace, t.typtype, t.typbasetype
                FROM wanted AS w JOIN pg_type AS t ON t.oid = w.atttypid
                UNION ALL
                SELECT d.attname, t.oid, t.typname, t.typnamespace, t.typtype, t.typbasetype
                FROM typed AS d JOIN pg_type AS t ON t.oid = d.typbasetype WHERE d.typtype = 'd'
            ), descendants AS (
                SELECT oid FROM named
                UNION
                SELECT i.inhrelid FROM pg_inherits AS i JOIN descendants AS d ON d.oid = i.inhparent
                WHERE NOT coalesce((to_jsonb(i) ->> 'inhdetachpending')::boolean, false)
            ), members AS (
                SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relpersistence, c.relispartition,
                    coalesce(pg_relation_filenode(c.oid), 0) AS filenode,
                    CASE c.relreplident
                        WHEN 'f' THEN true
                        WHEN 'n' THEN false
                        ELSE EXISTS (
                            SELECT 1 FROM pg_index AS i
                            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                            WHERE i.indrelid = c.oid AND a.attname = 'user_id'
                                AND CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END)
                    END AS identified,
                    (SELECT string_agg(concat_ws(':', a.attnum, a.xmin, f.oid), ',' ORDER BY a.attnum)
                        FROM pg_attribute AS a
                        LEFT JOIN pg_attrdef AS f ON f.adrelid = c.oid AND f.adnum = a.attnum AND a.attgenerated <> ''
                        WHERE a.attrelid = c.oid AND a.attname IN ('user_id', 'deeplink', 'promo_message')) AS columns
                FROM pg_class AS c JOIN descendants AS d ON d.oid = c.oid
                WHERE c.relkind NOT IN ('p', 'I')
            )
            SELECT jsonb_build_object(
                'backend', pg_backend_pid(),
                'pathIsSet', PATHISSET,
                'databaseName', current_database(),
                'oid', named.oid::bigint,
                'database', (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
                'encoding', getdatabaseencoding(),
                'sql', SCHEMA(named.relnamespace) || '.' || quote_ident(named.relname::text),
                'schemas', (SELECT jsonb_agg(quote_ident(n.nspname::text) ORDER BY n.nspname) FROM pg_class AS c
                    JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE c.relname = 'users' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                        AND n.nspname <> 'information_schema' AND n.nspname::text !~ '^pg_'),
                'kind', named.relkind,
                'role', quote_ident(current_user::text),
                'login', quote_ident(session_user::text),
                'rowSecurity', row_security_active(named.oid),
                'columns', (SELECT jsonb_object_agg(w.attname, jsonb_build_object(
                        'type', t.typname,
                        'cast', SCHEMA(t.typnamespace) || '.' || quote_ident(t.typname::text),
                        'equality', coalesce((SELECT 'OPERATOR(' || SCHEMA(o.oprnamespace) || '.'
                                || o.oprname::text || ')'
                            FROM pg_opclass AS k
                            JOIN pg_am AS m ON m.oid = k.opcmethod AND m.amname = 'btree'
                            JOIN pg_amop AS e ON e.amopfamily = k.opcfamily AND e.amopstrategy = 3
                                AND e.amoplefttype = t.oid AND e.amoprighttype = t.oid
                            JOIN pg_operator AS o ON o.oid = e.amopopr
                            WHERE k.opcintype = t.oid AND k.opcdefault LIMIT 1), '='),
                        'builtIn', t.typnamespace = 'pg_catalog'::regnamespace::oid,
                        'deterministic', coalesce(
                            (SELECT c.collisdeterministic FROM pg_collation AS c WHERE c.oid = w.attcollation), true),
                        'generated', w.attgenerated <> '',
                        'readable', has_column_privilege(named.oid, w.attnum, 'SELECT')))
                    FROM wanted AS w JOIN typed AS t ON t.attname = w.attname AND t.typtype <> 'd'),
                'unique', EXISTS (SELECT 1 FROM pg_index AS i JOIN wanted AS w ON w.attnum = i.indkey[0]
                    WHERE w.attname = 'user_id' AND i.indrelid = named.oid AND i.indisunique AND i.indisvalid
                        AND i.indpred IS NULL AND i.indnkeyatts = 1),
                'members', (SELECT jsonb_agg(jsonb_build_object(
                        'oid', m.oid::bigint,
                        'sql', SCHEMA(m.relnamespace) || '.' || quote_ident(m.relname::text),
                        'kind', m.relkind, 'persistence', m.relpersistence, 'partition', m.relispartition,
                        'filenode', m.filenode::bigint, 'identified', m.identified, 'columns', m.columns)
                        ORDER BY m.oid)
                    FROM members AS m),
                'tree', (SELECT jsonb_agg(d.oid::bigint) FROM descendants AS d),
                'rights', CASE WHEN row_security_active(named.oid) THEN concat_ws(';',
                    (SELECT string_agg(concat_ws(':', p.oid, p.xmin), ',' ORDER BY p.oid)
                        FROM pg_policy AS p WHERE p.polrelid = named.oid),
                    (SELECT string_agg(r.oid::text, ',' ORDER BY r.oid)
                        FROM pg_roles AS r WHERE pg_has_role(r.oid, 'USAGE'))) END
            )::text
            FROM (SELECT 1) AS one LEFT JOIN named ON true
            """;

    /** The name of a schema, by its oid, for SQL. What regnamespace gives as text is quoted already, but only as text. */
    private static final Pattern SCHEMA = Pattern.compile("SCHEMA\\(([a-z.]+)\\)");

    private static final String SCHEMA_NAME =
            "quote_ident((SELECT n.nspname::text FROM pg_namespace AS n WHERE n.oid = $1))";

    /** A call of a function of PostgreSQL's. */
    private static final Pattern FUNCTION =
            Pattern.compile("(?<![.\\w])([a-z]+_[a-z_]+|count|unnest|getdatabaseencoding)\\(");

    /**
     * For a session that may be another client's, who may have set its search path: for the time of this query it is the one that
     * was asked for or that sessions of the role begin with.
     */
    private static final String PATH = """
            path AS MATERIALIZED (
                SELECT s.was <> s.begun AS isset,
                    set_config('search_path', {VALUE}, true) AS value
                FROM (SELECT current_setting('search_path') AS was,
                    (SELECT reset_val FROM pg_settings WHERE name = 'search_path') AS begun OFFSET 0) AS s
            ),""";

    /** The relation that the name stands for, as the search path of the session has it. */
    public static final String BY_NAME = of("", "false", "to_regclass('users')");

    private static final String BY_NAME_OF_ANOTHER = of(
            PATH,
            "(SELECT isset FROM path)",
            "(SELECT to_regclass(CASE WHEN path.value IS NOT NULL THEN 'users' END) FROM path)");

    private CatalogQuery() {}

    /** A query whose functions are PostgreSQL's own, whatever stands in front of them in the role's search path. */
    public static String qualified(String query) {
        return FUNCTION.matcher(query).replaceAll("pg_catalog.$1(");
    }

    /**
     * The relation that the name stands for, where a pooler may stand in between and the session be any.
     *
     * @param searchPath what was asked for, as in SQL; empty = as sessions of the role begin
     */
    public static String byName(Optional<String> searchPath) {
        return BY_NAME_OF_ANOTHER.replace(
                "{VALUE}", searchPath.map(CatalogQuery::literal).orElse("s.begun"));
    }

    private static String literal(String text) {
        // Means the same whatever standard_conforming_strings is.
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** The relation with this oid, whatever it is called by now. */
    public static String byOid(long oid) {
        return of("", "false", oid + "::oid");
    }

    /**
     * Who has answered.
     *
     * @param process PostgreSQL's
     * @param hasSetPath whether its search path is another than it began with
     */
    public record Answerer(int process, boolean hasSetPath) {

        /** Reads it from an answer. */
        public static Answerer of(String json) {
            JsonObject found = new JsonObject(json);
            return new Answerer(found.getInteger("backend", 0), found.getBoolean("pathIsSet", false));
        }
    }

    /**
     * Which table it is, by name.
     *
     * @param database its name
     * @param table its name in SQL, with its schema; "" = there is none
     */
    public record Place(String database, String table) {

        /** Reads it from an answer. */
        public static Place of(String json) {
            JsonObject found = new JsonObject(json);
            return new Place(found.getString("databaseName", ""), found.getString("sql", ""));
        }
    }

    /**
     * What the query found.
     *
     * @param json its answer
     */
    public static Resolution parse(String json) {
        JsonObject found = new JsonObject(json);
        if (found.getLong("oid") == null) {
            return new Resolution.Missing(
                    strings(found.getJsonArray("schemas")), found.getString("role", ""), found.getString("login", ""));
        }
        JsonObject columns = found.getJsonObject("columns", new JsonObject());
        Relation relation = new Relation(
                found.getLong("oid"),
                found.getLong("database"),
                found.getString("encoding"),
                found.getString("sql"),
                found.getString("kind").charAt(0));
        Reader reader = new Reader(
                found.getString("role"), found.getBoolean("rowSecurity"), String.valueOf(found.getString("rights")));
        return new Resolution.Resolved(new UsersTable(
                relation,
                reader,
                columns.fieldNames().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                name -> name, name -> column(columns.getJsonObject(name)))),
                found.getBoolean("unique"),
                objects(found.getJsonArray("members")).map(CatalogQuery::member).toList(),
                found.getJsonArray("tree").stream()
                        .map(oid -> ((Number) oid).longValue())
                        .collect(Collectors.toUnmodifiableSet())));
    }

    private static Column column(JsonObject json) {
        return new Column(
                json.getString("type"),
                json.getString("cast"),
                json.getString("equality"),
                json.getBoolean("builtIn"),
                json.getBoolean("deterministic"),
                json.getBoolean("generated"),
                json.getBoolean("readable"));
    }

    private static Member member(JsonObject json) {
        return new Member(
                json.getLong("oid"),
                json.getString("sql"),
                new Storage(
                        json.getString("kind").charAt(0),
                        json.getString("persistence").charAt(0),
                        json.getLong("filenode")),
                json.getBoolean("partition"),
                json.getBoolean("identified"),
                json.getString("columns"));
    }

    private static List<String> strings(@Nullable JsonArray array) {
        return array == null ? List.of() : array.stream().map(String::valueOf).toList();
    }

    private static Stream<JsonObject> objects(@Nullable JsonArray array) {
        return array == null ? Stream.of() : array.stream().map(JsonObject.class::cast);
    }

    private static String of(String path, String isSet, String relation) {
        String select = SELECT.replace("PATHISSET", isSet).replace("PATH", path).replace("RELATION", relation);
        String named = SCHEMA.matcher(select).replaceAll(SCHEMA_NAME);
        return qualified(named);
    }
}
