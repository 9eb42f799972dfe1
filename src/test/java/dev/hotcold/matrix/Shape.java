package dev.hotcold.matrix;

import java.util.ArrayList;
import java.util.List;

/** What {@code users} is. */
public enum Shape {
    PLAIN("table") {
        @Override
        String create(IdType type, String options) {
            return table("users", type);
        }

        @Override
        List<String> changes() {
            return and(
                    TABLE,
                    "CREATE TABLE users_kid () INHERITS (users); UPDATE users SET promo_message = 'x'; DELETE FROM users",
                    "DROP TABLE users");
        }
    },
    BY_ROOT("partitioned, published by its root") {
        @Override
        String create(IdType type, String options) {
            return partitioned(type, true);
        }

        @Override
        List<String> changes() {
            return PARTITIONED;
        }
    },
    BY_LEAF("partitioned, published by its partitions") {
        @Override
        String create(IdType type, String options) {
            return partitioned(type, false);
        }

        @Override
        List<String> changes() {
            return PARTITIONED;
        }
    },
    INHERITED("table with a child") {
        @Override
        String create(IdType type, String options) {
            return table("users", type) + "CREATE TABLE users_eu (PRIMARY KEY (user_id)) INHERITS (users);";
        }

        @Override
        List<String> changes() {
            return and(
                    TABLE,
                    "INSERT INTO users_eu (user_id, deeplink, promo_message) VALUES ('{8}', 'd', 'p')",
                    "UPDATE users_eu SET promo_message = 'x'",
                    "UPDATE ONLY users SET promo_message = 'x'",
                    "DELETE FROM users_eu",
                    "TRUNCATE ONLY users_eu",
                    "ALTER TABLE users_eu NO INHERIT users",
                    "DROP TABLE users_eu",
                    "DROP TABLE users CASCADE");
        }
    },
    VIEW("view") {
        @Override
        String create(IdType type, String options) {
            return table("stored", type) + "CREATE VIEW users " + options + " AS SELECT * FROM stored;";
        }

        @Override
        List<String> changes() {
            return and(
                    STORED,
                    "INSERT INTO users (user_id, deeplink, promo_message) VALUES ('{8}', 'd', 'p')",
                    "UPDATE users SET promo_message = 'x'",
                    "DELETE FROM users",
                    "CREATE OR REPLACE VIEW users AS SELECT * FROM stored WHERE hidden IS NULL",
                    "DROP VIEW users");
        }
    },
    MATERIALIZED_VIEW("materialized view") {
        @Override
        String create(IdType type, String options) {
            return table("stored", type) + "CREATE MATERIALIZED VIEW users AS SELECT * FROM stored;"
                    + "CREATE UNIQUE INDEX ON users (user_id);";
        }

        @Override
        String afterRows() {
            return "REFRESH MATERIALIZED VIEW users;";
        }

        @Override
        List<String> changes() {
            return and(
                    STORED,
                    "REFRESH MATERIALIZED VIEW users",
                    "REFRESH MATERIALIZED VIEW CONCURRENTLY users",
                    "DROP MATERIALIZED VIEW users");
        }
    },
    FOREIGN("foreign table") {
        @Override
        String create(IdType type, String options) {
            return table("stored", type) + "CREATE FOREIGN TABLE users (user_id " + type.sql()
                    + ", deeplink text, promo_message text, hidden text) SERVER far OPTIONS (table_name 'stored');";
        }

        @Override
        List<String> changes() {
            return and(
                    STORED,
                    "INSERT INTO users (user_id, deeplink, promo_message) VALUES ('{8}', 'd', 'p')",
                    "UPDATE users SET promo_message = 'x'",
                    "DELETE FROM users",
                    "ALTER FOREIGN TABLE users ADD COLUMN more int",
                    "DROP FOREIGN TABLE users");
        }
    };

    private static final List<String> TABLE = List.of(
            "INSERT INTO users (user_id, deeplink, promo_message) VALUES ('{8}', 'd', 'p')",
            "INSERT INTO users (user_id, deeplink, promo_message) VALUES ('{1}', 'd', 'p')"
                    + " ON CONFLICT (user_id) DO UPDATE SET promo_message = excluded.promo_message",
            "MERGE INTO users USING (SELECT 1) AS s ON user_id = '{1}' WHEN MATCHED THEN UPDATE SET promo_message = 'x'",
            "UPDATE users SET promo_message = 'x'",
            "UPDATE users SET user_id = '{9}' WHERE user_id = '{1}'",
            "DELETE FROM users",
            "TRUNCATE users",
            "LOCK TABLE users IN ACCESS EXCLUSIVE MODE",
            "CREATE INDEX ON users (promo_message)",
            "ALTER TABLE users ADD COLUMN more int",
            "ALTER TABLE users DROP COLUMN hidden",
            "ALTER TABLE users ALTER COLUMN promo_message TYPE varchar(300)",
            "ALTER TABLE users RENAME COLUMN promo_message TO message",
            "ALTER TABLE users RENAME TO others",
            "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE users REPLICA IDENTITY FULL");

    private static final List<String> PARTITIONED = and(
            TABLE,
            "UPDATE users_0 SET promo_message = 'x'",
            "DELETE FROM users_0",
            "TRUNCATE users_0",
            "ALTER TABLE users DETACH PARTITION users_1; UPDATE users_1 SET promo_message = 'x'; DROP TABLE users_1",
            "ALTER TABLE users DETACH PARTITION users_1; CREATE TABLE users_2 PARTITION OF users"
                    + " FOR VALUES WITH (MODULUS 2, REMAINDER 1); UPDATE users SET promo_message = 'x'",
            "DROP TABLE users");

    private static final List<String> STORED =
            List.of("UPDATE stored SET promo_message = 'x'", "DELETE FROM stored", "TRUNCATE stored");

    private final String title;

    Shape(String title) {
        this.title = title;
    }

    /** As the page calls it. */
    public String title() {
        return title;
    }

    /** Whether it holds rows itself, and not another table below it. */
    boolean holdsRows() {
        return this == PLAIN || this == BY_ROOT || this == BY_LEAF || this == INHERITED;
    }

    /**
     * The statements that make it, and whatever is below.
     *
     * @param options of a view; may be ""
     */
    abstract String create(IdType type, String options);

    /** What the rows need to be seen. */
    String afterRows() {
        return "";
    }

    /** What its owner does with it; {@code {N}} is the id of user N. */
    abstract List<String> changes();

    private static String table(String name, IdType type) {
        return "CREATE TABLE " + name + " (user_id " + type.sql()
                + " PRIMARY KEY, deeplink text NOT NULL, promo_message text NOT NULL, hidden text);";
    }

    private static String partitioned(IdType type, boolean byRoot) {
        return table("users", type).replace(");", ") PARTITION BY HASH (user_id);")
                + "CREATE TABLE users_0 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
                + "CREATE TABLE users_1 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
                + "CREATE PUBLICATION hotcold_user_api FOR TABLE users WITH (publish_via_partition_root = " + byRoot
                + ");";
    }

    private static List<String> and(List<String> some, String... more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }
}
