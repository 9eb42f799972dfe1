package dev.hotcold.app.jdbc;

import dev.hotcold.cold.PostgresSettings;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/** Brings the database's schema up to date. Blocks: for the command line and for a start with an embedded server. */
public final class Migrations {

    private static final String HISTORY_TABLE = "hotcold_schema_history";

    private Migrations() {}

    /**
     * Applies the migrations that are not applied yet. A schema that exists already without their history is taken over
     * as it is.
     *
     * @return how many were applied
     */
    public static int apply(PostgresSettings postgres) throws MigrationException {
        refuseSharedSessions(postgres);
        try {
            return Flyway.configure(Migrations.class.getClassLoader())
                    .dataSource(PostgresJdbc.dataSource(postgres.forPrimary()))
                    .locations("classpath:migrations")
                    .sqlMigrationPrefix("")
                    .sqlMigrationSeparator("_")
                    .validateMigrationNaming(true)
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .table(HISTORY_TABLE)
                    .connectRetries(0)
                    .load()
                    .migrate()
                    .migrationsExecuted;
        } catch (FlywayException failure) {
            throw new MigrationException(
                    "the schema of " + postgres + " could not be migrated: " + reason(failure), failure);
        }
    }

    /** A lock that others do not see, a search path that others get: half of a migration would be elsewhere than the other. */
    private static void refuseSharedSessions(PostgresSettings postgres) throws MigrationException {
        try {
            if (SharedSessions.areAt(postgres)) {
                throw new MigrationException(
                        postgres
                                + " is a connection pooler that gives a session to other clients between two statements, and a"
                                + " migration needs one of its own: set DATABASE_URL to PostgreSQL itself for `hotcold migrate`");
            }
        } catch (SQLException unknown) {
            // What keeps it from connecting is said by the migration itself.
        }
    }

    /** What failed and what PostgreSQL says of it. Flyway's own message goes on with the text of the whole script. */
    private static String reason(FlywayException failure) {
        String message = String.valueOf(failure.getMessage()).strip();
        @Nullable Throwable cause = failure;
        while (cause != null && !(cause instanceof SQLException)) {
            cause = cause.getCause();
        }
        if (cause == null) {
            return oneLine(message);
        }
        String what = message.lines().findFirst().orElse("");
        String why = oneLine(String.valueOf(cause.getMessage()));
        return what.contains(why) ? what : what + ": " + why;
    }

    /** Flyway underlines its messages and spreads them over lines. */
    private static String oneLine(String message) {
        return message.replaceAll("\\R-+\\R", "\n").strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
