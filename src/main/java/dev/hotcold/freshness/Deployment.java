package dev.hotcold.freshness;

/**
 * Whose users are looked up: one table in one database of one PostgreSQL. What it caches is worth nothing to another one.
 *
 * @param system identifier of the database cluster, which standbys share with their primary; "" = PostgreSQL does not say
 * @param database its name
 * @param table its name in SQL, with its schema; "" = not known: whichever there is in the database
 */
public record Deployment(String system, String database, String table) {

    /** Whether both are the same, as far as is known. */
    public boolean isSame(Deployment other) {
        return isSame(system, other.system) && database.equals(other.database) && isSame(table, other.table);
    }

    private static boolean isSame(String one, String other) {
        return one.isEmpty() || other.isEmpty() || one.equals(other);
    }

    /** For an operator. */
    @Override
    public String toString() {
        String name = table.isEmpty() ? "database " + database : table + " in database " + database;
        return system.isEmpty() ? name : name + " of PostgreSQL system " + system;
    }
}
