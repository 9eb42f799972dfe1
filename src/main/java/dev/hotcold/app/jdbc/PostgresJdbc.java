package dev.hotcold.app.jdbc;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.driver.PostgresSession;
import dev.hotcold.cold.server.ServerAddress;
import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.cold.server.ServerState;
import dev.hotcold.cold.trust.CurrentPolicy;
import dev.hotcold.cold.trust.UnusableTrustException;
import dev.hotcold.tls.CertificateProblem;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.util.PSQLException;

/** PostgreSQL by pgjdbc, for whatever may block: migrations, the change feed, the comparison with Redis. Thread-safe. */
public final class PostgresJdbc {

    /** PostgreSQL gives up a follower of the log that it does not hear for so long, so that another can go on. */
    private static final String SENDER_TIMEOUT = "-c wal_sender_timeout=3s";

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final String REPLY_SECONDS = "30";
    private static final String ASKING_SECONDS = "2";

    /** For the rows of one query. */
    private static final String MOST_OF_HEAP = "25p";

    private final PostgresSettings settings;
    private final PostgresSession session;
    private final CurrentPolicy policy;
    private final ServerPolicy servers;
    private final JdbcSearch search;

    /** Reads the files that the settings name for encryption. */
    public PostgresJdbc(PostgresSettings settings) {
        this(settings, new ServerPolicy(settings.endpoint().servers().target()));
    }

    /** @param servers says which of the servers may be used */
    public PostgresJdbc(PostgresSettings settings, ServerPolicy servers) {
        this.settings = settings;
        this.session = settings.endpoint().session();
        this.servers = servers;
        this.search = new JdbcSearch(settings.endpoint().servers(), servers);
        this.policy = new CurrentPolicy(settings.trust());
        policy.warmUp();
    }

    /** The same database at one address, as pgjdbc names it, without credentials and parameters. */
    static String url(PostgresEndpoint endpoint, ServerAddress address) {
        // A unix socket has no name; GuardedSockets knows its file.
        String name = address.address().map(InetAddress::getHostAddress).orElse("localhost");
        String host = name.contains(":") ? "[" + name + "]" : name;
        return "jdbc:postgresql://" + host + ":" + address.server().port() + "/"
                + URLEncoder.encode(endpoint.database(), StandardCharsets.UTF_8);
    }

    /** Which of the servers may be used. */
    ServerPolicy servers() {
        return servers;
    }

    /** Asks a server at one address what it is, on a connection of its own, which the caller closes. */
    Connection connectToAsk(ServerAddress address) throws SQLException {
        Properties properties = limited();
        PGProperty.SOCKET_TIMEOUT.set(properties, ASKING_SECONDS);
        return connect(properties, address);
    }

    /**
     * Ends with an exception where the server that a connection was made to is not the one to be used any more.
     *
     * @param state what the server said when it was asked last
     */
    public void checkStillUsed(ServerState state) throws SQLException {
        Optional<String> why = servers.whyLeave(state);
        if (why.isPresent()) {
            throw new SQLException("PostgreSQL " + why.get());
        }
    }

    /** What the server of a connection says that it is. */
    public static ServerState state(Connection connection) throws SQLException {
        return JdbcSearch.state(connection);
    }

    /** Whether something in between gives a session to whoever asks: another process answers than was named at the login. */
    public static boolean isBehindPooler(Connection connection) throws SQLException {
        return SharedSessions.process(connection) != announced(connection);
    }

    /** Opens a connection for queries. */
    public Connection connect() throws SQLException {
        return connect(limited());
    }

    /** The query for what the table of users is, for one of these connections. */
    public String catalogQuery() {
        return settings.pooler().catalogQuery(session.namedSearchPath());
    }

    /** The process that the login has named. */
    static int announced(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /** Opens a connection for replication, which no pooler supports. */
    public Connection connectForReplication() throws SQLException {
        Properties properties = limited();
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "12");
        // The last one counts, and an owner's own value may be as long as it likes for other connections.
        PGProperty.OPTIONS.set(
                properties, session.options().map(own -> own + " ").orElse("") + SENDER_TIMEOUT);
        // The log is read as the database has it, so that no change stops it.
        PGProperty.ALLOW_ENCODING_CHANGES.set(properties, true);
        return connect(properties);
    }

    /** Opens a connection for statements that may take as long as they like: they may have a large table to go through. */
    public Connection connectWithoutLimit() throws SQLException {
        return connect(common());
    }

    /** For migrations. */
    static DataSource dataSource(PostgresSettings settings) {
        return new JdbcSource(new PostgresJdbc(settings)::connectWithoutLimit);
    }

    /** What all connections have. */
    private Properties common() {
        Properties properties = new Properties();
        String seconds = Long.toString(session.connectTimeout().orElse(CONNECT).toSeconds());
        PGProperty.USER.set(properties, settings.endpoint().user());
        PGProperty.PASSWORD.set(properties, settings.endpoint().password().orElse(""));
        PGProperty.APPLICATION_NAME.set(properties, session.applicationName());
        session.options().ifPresent(options -> PGProperty.OPTIONS.set(properties, options));
        session.searchPath().ifPresent(path -> PGProperty.CURRENT_SCHEMA.set(properties, path));
        PGProperty.CONNECT_TIMEOUT.set(properties, seconds);
        PGProperty.LOGIN_TIMEOUT.set(properties, seconds);
        PGProperty.TCP_KEEP_ALIVE.set(properties, session.keepAlive().enabled());
        PGProperty.GSS_ENC_MODE.set(properties, "disable");
        // A pooler may give the next statement another connection, which knows no prepared ones.
        PGProperty.PREPARE_THRESHOLD.set(properties, 0);
        PGProperty.CHANNEL_BINDING.set(
                properties, settings.trust().channelBinding().label());
        PGProperty.SCRAM_MAX_ITERATIONS.set(properties, PostgresEndpoint.MOST_SCRAM_ITERATIONS);
        return properties;
    }

    private Properties limited() {
        Properties properties = common();
        PGProperty.SOCKET_TIMEOUT.set(properties, REPLY_SECONDS);
        PGProperty.MAX_RESULT_BUFFER.set(properties, MOST_OF_HEAP);
        return properties;
    }

    private Connection connect(Properties properties) throws SQLException {
        return search.connect(address -> connect(properties, address));
    }

    /** The attempts are made here: pgjdbc makes the second one of {@code prefer} and {@code allow} only at times. */
    private Connection connect(Properties properties, ServerAddress address) throws SQLException {
        String host = address.server().host();
        List<Boolean> attempts =
                settings.trust().attempts(address.server().unixSocket().isPresent());
        try {
            return connect(properties, address, attempts.getFirst());
        } catch (SQLException first) {
            if (attempts.size() == 1 || isLate(first) || isUnusable(first)) {
                throw told(first, host);
            }
            try {
                return connect(properties, address, attempts.getLast());
            } catch (SQLException second) {
                throw told(isTelling(first, host) && !isUnusable(second) ? first : second, host);
            }
        }
    }

    private Connection connect(Properties properties, ServerAddress address, boolean encrypted) throws SQLException {
        PostgresEndpoint one = settings.endpoint().at(address.server());
        Properties attempt = new Properties();
        properties.stringPropertyNames().forEach(name -> attempt.setProperty(name, properties.getProperty(name)));
        GuardedSockets.use(attempt, one);
        // More than whether to encrypt is up to TlsSockets.
        PGProperty.SSL_MODE.set(attempt, encrypted ? "require" : "disable");
        if (!encrypted) {
            return DriverManager.getConnection(url(one, address), attempt);
        }
        try (TlsSockets.Use _ = TlsSockets.use(attempt, policy.get(), one.host())) {
            return DriverManager.getConnection(url(one, address), attempt);
        } catch (UnusableTrustException unusable) {
            throw new SQLException(unusable.getMessage(), unusable);
        }
    }

    /** Whether the settings ask for encryption that is not possible: then none is no way out. */
    private static boolean isUnusable(SQLException failure) {
        return failure.getCause() instanceof UnusableTrustException;
    }

    private static boolean isLate(SQLException failure) {
        return failure instanceof SQLTimeoutException || failure.getCause() instanceof SocketTimeoutException;
    }

    /** Whether the server has said why, or its certificate has: the other attempt fails for a lesser reason. */
    private boolean isTelling(SQLException failure, String host) {
        return (failure instanceof PSQLException refused && refused.getServerErrorMessage() != null)
                || certificateProblem(failure, host).isPresent();
    }

    /** In words for an operator, where the driver has none. */
    private SQLException told(SQLException failure, String host) {
        return certificateProblem(failure, host)
                .map(words -> new SQLException(words, failure.getSQLState(), failure))
                .orElse(failure);
    }

    private Optional<String> certificateProblem(SQLException failure, String host) {
        return CertificateProblem.describe(
                failure, host, "sslrootcert in " + settings.trust().setting());
    }

    @Override
    public String toString() {
        return settings.toString();
    }
}
