package dev.hotcold.table;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The relation that the lookup role calls {@code users}, as PostgreSQL's catalog describes it to that role. Immutable.
 *
 * @param relation which one it is
 * @param reader who has resolved it
 * @param columns those of the three columns that it has, by name
 * @param isUnique whether no two rows have the same user_id
 * @param members the tables that hold its rows: itself, its partitions, and what inherits from it
 * @param tree oids of all these, and of the partitioned tables between
 */
public record UsersTable(
        Relation relation,
        Reader reader,
        Map<String, Column> columns,
        boolean isUnique,
        List<Member> members,
        Set<Long> tree) {

    /**
     * Which relation it is.
     *
     * @param oid its identity; one of the same name made later is another
     * @param database oid of the database
     * @param encoding of the database
     * @param sql its name in SQL, with its schema
     * @param kind as pg_class has it: r table, p partitioned, v view, m materialized view, f foreign table, or anything else
     */
    public record Relation(long oid, long database, String encoding, String sql, char kind) {}

    /**
     * Who reads it.
     *
     * @param role quoted for SQL
     * @param rowSecurity whether policies hide rows from the role
     * @param rights what else decides which rows the role sees; compared as a whole
     */
    public record Reader(String role, boolean rowSecurity, String rights) {}

    public static final String USER_ID = "user_id";
    public static final String DEEPLINK = "deeplink";
    public static final String PROMO_MESSAGE = "promo_message";

    static final List<String> COLUMNS = List.of(USER_ID, DEEPLINK, PROMO_MESSAGE);

    /** Types whose text in the log is the one that a query gets. */
    private static final Set<String> TEXTS = Set.of("text", "varchar", "bpchar", "name");

    private static final Map<String, IdMatch> MATCHES = Map.of(
            "text", IdMatch.EXACT,
            "varchar", IdMatch.EXACT,
            "name", IdMatch.EXACT,
            "bpchar", IdMatch.PADDED,
            "int2", IdMatch.INTEGER,
            "int4", IdMatch.INTEGER,
            "int8", IdMatch.INTEGER,
            "numeric", IdMatch.NUMERIC);

    /**
     * A column.
     *
     * @param type the name of its type; of a domain, that of the type below
     * @param cast the same with its schema, quoted for SQL
     * @param equality the operator by which an index on it compares, for SQL: that of an extension may be in no search path
     * @param builtIn whether the type is PostgreSQL's own
     * @param deterministic whether its collation takes only equal text for equal
     * @param generated whether PostgreSQL computes it
     * @param readable whether the role may read it
     */
    public record Column(
            String type,
            String cast,
            String equality,
            boolean builtIn,
            boolean deterministic,
            boolean generated,
            boolean readable) {

        boolean isText() {
            return builtIn && TEXTS.contains(type);
        }
    }

    /**
     * A table that holds rows.
     *
     * @param sql its name in SQL, with its schema
     * @param storage how its rows are kept
     * @param partition whether it is a partition
     * @param identified whether its replica identity holds user_id
     * @param columns what changes when a column that is read is changed, generated anew or rewritten
     */
    public record Member(long oid, String sql, Storage storage, boolean partition, boolean identified, String columns) {

        /** Its kind, as pg_class has it. */
        public char kind() {
            return storage.kind;
        }
    }

    /**
     * How the rows of a table are kept.
     *
     * @param kind as pg_class has it
     * @param persistence p permanent, u unlogged, t temporary
     * @param filenode what they are in; another after a truncation
     */
    public record Storage(char kind, char persistence, long filenode) {}

    /** Its identity. */
    public long oid() {
        return relation.oid;
    }

    /** Its name in SQL, with its schema. */
    public String sql() {
        return relation.sql;
    }

    /** Who reads it, quoted for SQL. */
    String role() {
        return reader.role;
    }

    /** What it is, as pg_class has it. */
    public char kind() {
        return relation.kind;
    }

    /** How an id is compared with the column user_id; empty = in no way, see {@link #problem}. */
    public Optional<IdMatch> match() {
        return Optional.ofNullable(columns.get(USER_ID)).flatMap(id -> {
            if (!id.builtIn()) {
                return id.type().equals("citext") ? Optional.of(IdMatch.LOOSE) : Optional.empty();
            }
            return Optional.ofNullable(MATCHES.get(id.type())).map(match -> id.deterministic() ? match : IdMatch.LOOSE);
        });
    }

    /** Why users cannot be looked up here at all, and what to do about it; empty = they can. */
    public Optional<String> problem() {
        for (String name : COLUMNS) {
            if (!columns.containsKey(name)) {
                return Optional.of(describe() + " has no column " + name);
            }
        }
        if (match().isEmpty()) {
            return Optional.of("the column user_id of " + describe() + " is of type "
                    + column(USER_ID).type()
                    + ", whose values no user_id of a request equals: let it be of a text type or an integer");
        }
        return Optional.empty();
    }

    /**
     * Why the log does not tell what the lookup would find, so that a change can only end what is cached of its user; empty = it
     * tells.
     */
    public Optional<String> whyOnlyOutdated() {
        if (reader.rowSecurity) {
            return Optional.of("row-level security applies to the role " + reader.role);
        }
        if (COLUMNS.stream().anyMatch(name -> !column(name).readable())) {
            return Optional.of("the role " + reader.role + " may not read all three columns");
        }
        if (!isUnique) {
            return Optional.of("no unique index makes user_id unique in " + describe());
        }
        if (!hasUniqueIds()) {
            return Optional.of("no index makes user_id unique among " + describe() + " and what inherits from it");
        }
        if (!relation.encoding.equals("UTF8") && !relation.encoding.equals("SQL_ASCII")) {
            return Optional.of("the database's encoding is " + relation.encoding);
        }
        if (!column(DEEPLINK).isText() || !column(PROMO_MESSAGE).isText()) {
            return Optional.of("deeplink or promo_message is of no text type");
        }
        if (column(DEEPLINK).generated() || column(PROMO_MESSAGE).generated()) {
            return Optional.of("deeplink or promo_message is a generated column");
        }
        return Optional.empty();
    }

    /** Why what a lookup finds may change without a word in the log; empty = it does not. */
    public Optional<String> whyUnseen() {
        return reader.rowSecurity
                ? Optional.of("row-level security applies to the role " + reader.role
                        + ", and what a policy looks up elsewhere is not in the log")
                : Optional.empty();
    }

    /** Whether no two rows have the same user_id, those of what inherits from the table included. */
    public boolean hasUniqueIds() {
        return isUnique && members.stream().allMatch(member -> member.partition() || member.oid() == oid());
    }

    /** One of the three columns, which is there. */
    public Column column(String name) {
        Column column = columns.get(name);
        if (column == null) {
            throw new IllegalStateException("no column " + name);
        }
        return column;
    }

    /**
     * What must stay the same for what is cached to be continued by the log: another relation, other partitions, rewritten or
     * truncated ones show here, and other rights.
     *
     * @param truncationIsTold whether the log tells of the truncation of a partition
     */
    public String fingerprint(boolean truncationIsTold) {
        StringBuilder text = new StringBuilder(structure());
        if (!truncationIsTold) {
            members.stream()
                    .filter(Member::partition)
                    .forEach(member -> text.append(member.storage().filenode()).append(','));
        }
        members.forEach(member -> text.append(member.identified()));
        COLUMNS.forEach(
                name -> text.append(columns.containsKey(name) && column(name).readable()));
        return text.append(reader.rowSecurity)
                .append(whyOnlyOutdated().isPresent())
                .append(reader.rights)
                .toString();
    }

    /** What is the same for every role. */
    public String structure() {
        StringBuilder text = new StringBuilder(relation.database + "/" + oid() + "/" + kind());
        for (Member member : members) {
            text.append('/').append(member.oid()).append(':').append(member.columns());
        }
        return text.append('/').toString();
    }

    /** For an operator. */
    public String describe() {
        return switch (kind()) {
                    case 'r', 'p' -> "the table ";
                    case 'v' -> "the view ";
                    case 'm' -> "the materialized view ";
                    case 'f' -> "the foreign table ";
                    default -> "the relation ";
                }
                + sql();
    }
}
