package dev.hotcold.table;

import java.util.List;

/** What the name {@code users} stands for. */
public sealed interface Resolution {

    /** A relation. */
    record Resolved(UsersTable table) implements Resolution {}

    /**
     * Nothing that the role can see.
     *
     * @param schemas where there is such a relation all the same, quoted for SQL
     * @param role who looked for it, quoted for SQL
     */
    record Missing(List<String> schemas, String role) implements Resolution {

        /** What to do about it. */
        public String advice() {
            if (schemas.isEmpty()) {
                return "the table \"users\" is missing: create it with `hotcold migrate`";
            }
            String schema = schemas.getFirst();
            return "the table \"users\" is missing for the role " + role + ", but there is " + schema
                    + ".users: ALTER ROLE " + role + " SET search_path = " + schema + "; GRANT USAGE ON SCHEMA "
                    + schema + " TO " + role + "; GRANT SELECT ON " + schema + ".users TO " + role + ";";
        }
    }
}
