package dev.hotcold.testkit;

import dev.hotcold.local.LocalPostgres;
import dev.hotcold.local.LocalRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real PostgreSQL and a real Redis, with the schema and nothing in it. {@link #shared()} serves all tests that leave
 * the servers themselves as they are; a test that stops, freezes or reconfigures one starts its own.
 */
public final class Servers implements AutoCloseable {

    private static final Path DIRECTORY = Path.of("target", "test-servers");

    private final LocalPostgres postgres;
    private final LocalRedis redis;
    private final RedisClient redisClient;
    private final StatefulRedisConnection<String, byte[]> redisConnection;

    private Servers(LocalPostgres postgres, LocalRedis redis) {
        this.postgres = postgres;
        this.redis = redis;
        this.redisClient = RedisClients.of(RedisURI.create("127.0.0.1", redis.port()));
        this.redisConnection = redisClient.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
    }

    private static final class Shared {
        /** Lives as long as the JVM: the servers end with the process that started them. */
        private static final Servers INSTANCE = start();
    }

    /** The servers of the whole test run, emptied. */
    public static Servers shared() {
        Shared.INSTANCE.reset();
        return Shared.INSTANCE;
    }

    /** Servers of the caller's own, PostgreSQL with further settings, {@code name=value}. */
    public static Servers start(String... postgresSettings) {
        return start(List.of(postgresSettings), List.of());
    }

    /** Servers of the caller's own, Redis with further options, as on its command line. */
    public static Servers startWithRedis(String... redisOptions) {
        return start(List.of(), List.of(redisOptions));
    }

    private static Servers start(List<String> postgresSettings, List<String> redisOptions) {
        try {
            Files.createDirectories(DIRECTORY);
            Path directory = Files.createTempDirectory(DIRECTORY.toAbsolutePath(), "postgres");
            Servers servers = new Servers(
                    LocalPostgres.start(directory, 0, postgresSettings), LocalRedis.start(directory, 0, redisOptions));
            servers.sql(schema());
            return servers;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What all migrations do to an empty database. */
    public static String schema() {
        try (Stream<Path> migrations = Files.list(Path.of("migrations"))) {
            StringBuilder statements = new StringBuilder();
            for (Path migration : migrations.sorted().toList()) {
                statements.append(Files.readString(migration));
            }
            return statements.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public LocalPostgres postgres() {
        return postgres;
    }

    public LocalRedis redis() {
        return redis;
    }

    /** What tells a program to use these servers, on any free ports; may be added to. */
    public Map<String, String> environment() {
        return environment("postgres");
    }

    /** The same, with another role to log in to PostgreSQL as. */
    public Map<String, String> environment(String role) {
        Map<String, String> environment = new HashMap<>();
        environment.put("DATABASE_URL", postgres.databaseUrl().replace("//postgres@", "//" + role + "@"));
        environment.put("REDIS_ADDR", redis.address());
        environment.put("PORT", "0");
        environment.put("MANAGEMENT_PORT", "0");
        return environment;
    }

    /** Commands on a connection of the tests' own; values are bytes. */
    public RedisCommands<String, byte[]> redisCommands() {
        return redisConnection.sync();
    }

    /** What Redis holds for a user, as text; "" = nothing. */
    public String cached(String userId) {
        byte[] value = redisCommands().get("user:" + userId);
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    /** Empties both. */
    public void reset() {
        sql("TRUNCATE users");
        redisCommands().flushall();
    }

    /** Adds a user, or changes it. */
    public void put(String userId, String deeplink, String promoMessage) {
        String upsert = "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (user_id)"
                + " DO UPDATE SET deeplink = excluded.deeplink, promo_message = excluded.promo_message";
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(upsert)) {
            statement.setString(1, userId);
            statement.setString(2, deeplink);
            statement.setString(3, promoMessage);
            statement.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs statements as superuser. */
    public void sql(String statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of the first row, as a number. */
    public long queryLong(String query) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of every row. */
    public List<String> queryStrings(String query) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> column = new ArrayList<>();
            while (rows.next()) {
                column.add(rows.getString(1));
            }
            return column;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A connection of the caller's own, as superuser. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl());
    }

    @Override
    public void close() {
        redisClient.shutdown();
        redis.close();
        postgres.close();
    }
}
