package dev.hotcold.app;

import dev.hotcold.cold.PostgresSettings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
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
                            jdbcUrl(postgres),
                            postgres.user(),
                            postgres.password().orElse(""))
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
                    + String.valueOf(failure.getMessage()).strip());
        }
    }

    /** The same database as pgjdbc names it, without credentials. */
    static String jdbcUrl(PostgresSettings postgres) {
        String host = postgres.host().contains(":") ? "[" + postgres.host() + "]" : postgres.host();
        StringBuilder url = new StringBuilder("jdbc:postgresql://" + host + ":" + postgres.port() + "/"
                + encode(postgres.database()) + "?ApplicationName=hotcold-user-api&sslmode="
                + postgres.sslMode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        postgres.rootCertificate().ifPresent(pem -> url.append("&sslrootcert=").append(encode(pem.toString())));
        return url.toString();
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
