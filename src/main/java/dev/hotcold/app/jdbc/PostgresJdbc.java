package dev.hotcold.app.jdbc;

import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PostgresEndpoint;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Properties;
import javax.sql.DataSource;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/** PostgreSQL by pgjdbc, for whatever may block: migrations, the change feed, the comparison with Redis. Thread-safe. */
public final class PostgresJdbc implements FeedDatabase {

    /** Without it pgjdbc looks for a certificate in the home directory. */
    private static final String TRUST_OF_THE_JDK = "org.postgresql.ssl.DefaultJavaSSLFactory";

    /** PostgreSQL gives up a follower of the log that it does not hear for so long, so that another can go on. */
    private static final String SENDER_TIMEOUT = "-c wal_sender_timeout=3s";

    private static final String CONNECT_SECONDS = "3";
    private static final String REPLY_SECONDS = "30";

    /** For the rows of one query. */
    private static final String MOST_OF_HEAP = "25p";

    private final PostgresSettings settings;

    public PostgresJdbc(PostgresSettings settings) {
        this.settings = settings;
    }

    /** The same database as pgjdbc names it, without credentials. */
    static String url(PostgresSettings postgres) {
        PostgresEndpoint endpoint = postgres.endpoint();
        String host = endpoint.host().contains(":") ? "[" + endpoint.host() + "]" : endpoint.host();
        StringBuilder url = new StringBuilder("jdbc:postgresql://" + host + ":" + endpoint.port() + "/"
                + encode(endpoint.database()) + "?ApplicationName=hotcold-user-api&sslmode="
                + postgres.trust().sslMode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        postgres.trust()
                .rootCertificate()
                .ifPresentOrElse(
                        pem -> url.append("&sslrootcert=").append(encode(pem.toString())),
                        () -> url.append("&sslfactory=").append(TRUST_OF_THE_JDK));
        return url.toString();
    }

    @Override
    public Connection connect() throws SQLException {
        return connect(new Properties());
    }

    @Override
    public Connection connectForReplication() throws SQLException {
        Properties properties = new Properties();
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "12");
        PGProperty.OPTIONS.set(properties, SENDER_TIMEOUT);
        return connect(properties);
    }

    /** For migrations: without a limit of time for a statement, which may have a large table to go through. */
    static DataSource dataSource(PostgresSettings settings) throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url(settings));
        source.setUser(settings.endpoint().user());
        source.setPassword(settings.endpoint().password().orElse(""));
        source.setProperty(PGProperty.CONNECT_TIMEOUT, CONNECT_SECONDS);
        source.setProperty(PGProperty.SCRAM_MAX_ITERATIONS, Integer.toString(PostgresEndpoint.MOST_SCRAM_ITERATIONS));
        source.setProperty(PGProperty.SOCKET_FACTORY, GuardedSockets.class.getName());
        return source;
    }

    private Connection connect(Properties properties) throws SQLException {
        try {
            settings.trust().checkFile();
        } catch (IOException unusable) {
            throw new SQLException(unusable.getMessage(), unusable);
        }
        PGProperty.USER.set(properties, settings.endpoint().user());
        PGProperty.PASSWORD.set(properties, settings.endpoint().password().orElse(""));
        PGProperty.CONNECT_TIMEOUT.set(properties, CONNECT_SECONDS);
        PGProperty.LOGIN_TIMEOUT.set(properties, CONNECT_SECONDS);
        PGProperty.SOCKET_TIMEOUT.set(properties, REPLY_SECONDS);
        // A pooler may give the next statement another connection, which knows no prepared ones.
        PGProperty.PREPARE_THRESHOLD.set(properties, 0);
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        PGProperty.SCRAM_MAX_ITERATIONS.set(properties, PostgresEndpoint.MOST_SCRAM_ITERATIONS);
        PGProperty.SOCKET_FACTORY.set(properties, GuardedSockets.class.getName());
        PGProperty.MAX_RESULT_BUFFER.set(properties, MOST_OF_HEAP);
        return DriverManager.getConnection(url(settings), properties);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return settings.toString();
    }
}
