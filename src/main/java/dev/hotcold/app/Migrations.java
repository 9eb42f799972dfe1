package dev.hotcold.app;

import dev.hotcold.cold.PostgresSettings;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Brings the database's schema up to date. Blocks: for the command line and for a start with an embedded server. */
final class Migrations {

    private static final String HISTORY_TABLE = "hotcold_schema_history";

    private Migrations() {}

    /**
     * Applies the migrations that are not applied yet. A schema that exists already without their history is taken over
     * as it is.
     *
     * @return how many were applied
     */
    static int apply(PostgresSettings postgres) throws StartFailure {
        try {
            return Flyway.configure(Migrations.class.getClassLoader())
                    .dataSource(
                            PostgresJdbc.url(postgres),
                            postgres.endpoint().user(),
                            postgres.endpoint().password().orElse(""))
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
            throw new StartFailure("the schema of " + postgres + " could not be brought up to date: "
                    + oneLine(String.valueOf(failure.getMessage())));
        }
    }

    /** Flyway underlines its messages and spreads them over lines. */
    private static String oneLine(String message) {
        return message.replaceAll("\\R-+\\R", "\n").strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
