package dev.hotcold.table;

import java.util.List;
import java.util.stream.Collectors;

/** What the name {@code users} stands for. */
public sealed interface Resolution {

    /** A relation. */
    record Resolved(UsersTable table) implements Resolution {}

    /**
     * Nothing that the role can see.
     *
     * @param schemas where there is such a relation all the same, quoted for SQL
     * @param role whose rights count, quoted for SQL
     * @param login who has logged in, quoted for SQL: another role where that has a default for SET ROLE
     */
    record Missing(List<String> schemas, String role, String login) implements Resolution {

        /** What to do about it. */
        public String advice() {
            if (schemas.isEmpty()) {
                return "the table \"users\" is missing: create it with `hotcold migrate`";
            }
            String schema = schemas.getFirst();
            String meant = schemas.size() == 1 ? ": " : "; if the first is meant: ";
            return "the table \"users\" is missing for the role " + role + ", but there is "
                    + schemas.stream().map(name -> name + ".users").collect(Collectors.joining(", ")) + meant
                    + "as an administrator: ALTER ROLE " + login + " SET search_path = " + schema
                    + "; GRANT USAGE ON SCHEMA " + schema
                    + " TO " + role + "; " + UserSelect.grant(schema + ".users", role);
        }
    }
}
