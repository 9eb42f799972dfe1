package dev.hotcold.matrix;

/** The type of the column user_id. */
public enum IdType {
    TEXT("text", "text"),
    VARCHAR("varchar", "varchar(20)"),
    CHAR("char", "char(20)"),
    CITEXT("citext", "ext.citext"),
    NONDETERMINISTIC("nondeterministic collation", "varchar(20) COLLATE public.loose"),
    DOMAIN("domain", "public.short_name"),
    UUID("uuid", "uuid"),
    BIGINT("bigint", "bigint");

    private final String title;
    private final String sql;

    IdType(String title, String sql) {
        this.title = title;
        this.sql = sql;
    }

    /** As the page calls it. */
    public String title() {
        return title;
    }

    String sql() {
        return sql;
    }

    /** The id of the user of this number, 0 to 9. */
    String id(int number) {
        return switch (this) {
            case UUID -> "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1" + number;
            case BIGINT -> "700" + number;
            default -> "alice-" + number;
        };
    }
}
