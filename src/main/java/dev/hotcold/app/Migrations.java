package dev.hotcold.app;

import dev.hotcold.cold.PostgresSettings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Brings the database's schema up to date. Blocks: for the command line and for a start with an embedded server. */
final class Migrations {

    /** Without it pgjdbc looks for a certificate in the home directory. */
    private static final String TRUST_OF_THE_JDK = "org.postgresql.ssl.DefaultJavaSSLFactory";

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
                    + oneLine(String.valueOf(failure.getMessage())));
        }
    }

    /** The same database as pgjdbc names it, without credentials. */
    static String jdbcUrl(PostgresSettings postgres) {
        String host = postgres.host().contains(":") ? "[" + postgres.host() + "]" : postgres.host();
        StringBuilder url = new StringBuilder("jdbc:postgresql://" + host + ":" + postgres.port() + "/"
                + encode(postgres.database()) + "?ApplicationName=hotcold-user-api&sslmode="
                + postgres.sslMode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        postgres.rootCertificate()
                .ifPresentOrElse(
                        pem -> url.append("&sslrootcert=").append(encode(pem.toString())),
                        () -> url.append("&sslfactory=").append(TRUST_OF_THE_JDK));
        return url.toString();
    }

    /** Flyway underlines its messages and spreads them over lines. */
    private static String oneLine(String message) {
        return message.replaceAll("\\R-+\\R", "\n").strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
