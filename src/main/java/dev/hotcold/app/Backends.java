package dev.hotcold.app;

import dev.hotcold.app.jdbc.MigrationException;
import dev.hotcold.app.jdbc.Migrations;
import dev.hotcold.app.lifecycle.Shutdown;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.Config;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.local.DemoUsers;
import dev.hotcold.local.LocalPostgres;
import dev.hotcold.local.LocalRedis;
import dev.hotcold.local.LocalServerException;
import dev.hotcold.local.RunningServers;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.OptionalInt;

/** The servers that the service uses: those of the settings, and embedded ones for what is unset. Blocks. */
public final class Backends {

    private final Shutdown shutdown;
    private final PrintStream out;

    /**
     * Has started nothing yet.
     *
     * @param shutdown stops what is started here
     * @param out where it is printed which servers are used
     */
    public Backends(Shutdown shutdown, PrintStream out) {
        this.shutdown = shutdown;
        this.out = out;
    }

    /**
     * Starts what is unset, with its schema.
     *
     * @param demo whether to add the demonstration users to an embedded PostgreSQL
     * @return the settings with the addresses of the servers that were started
     */
    public Config start(Config config, boolean demo) throws StartFailure {
        try {
            Config.Stores set = config.stores();
            PostgresSettings postgres =
                    set.postgres().isEmbedded() ? startPostgres(config, demo) : named("PostgreSQL", set.postgres());
            RedisSettings redis = set.redis().isEmbedded() ? startRedis(config) : named("Redis", set.redis());
            Config.Stores started = new Config.Stores(postgres, redis);
            announce(config, started);
            return config.with(started);
        } catch (LocalServerException failure) {
            throw new StartFailure(failure.getMessage());
        } catch (MigrationException failure) {
            throw new StartFailure(failure.getMessage());
        }
    }

    private PostgresSettings startPostgres(Config config, boolean demo) throws StartFailure, MigrationException {
        Path directory = directory(config);
        out.println("PostgreSQL: DATABASE_URL is not set, starting an embedded server in " + directory);
        LocalPostgres server = LocalPostgres.start(directory);
        shutdown.first(server::close);
        out.println("PostgreSQL: " + server.databaseUrl());
        PostgresSettings postgres = config.stores().postgres().onPort(server.port());
        Migrations.apply(postgres);
        if (demo) {
            loadDemoUsers(server);
        }
        return postgres;
    }

    private static void loadDemoUsers(LocalPostgres server) throws StartFailure {
        try {
            DemoUsers.load(server.jdbcUrl());
        } catch (SQLException failure) {
            throw new StartFailure("the demonstration users could not be added: " + failure.getMessage());
        }
    }

    private RedisSettings startRedis(Config config) {
        out.println("Redis:      REDIS_ADDR is not set, starting an embedded server");
        LocalRedis server = LocalRedis.start(directory(config));
        shutdown.first(server::close);
        out.println("Redis:      " + server.address());
        return config.stores().redis().onPort(server.port());
    }

    /** For commands that are run beside the service. */
    private void announce(Config config, Config.Stores started) {
        Config.Stores set = config.stores();
        if (set.postgres().isEmbedded() || set.redis().isEmbedded()) {
            RunningServers.Announcement announcement = new RunningServers(
                            set.postgres().isEmbedded()
                                    ? OptionalInt.of(
                                            started.postgres().endpoint().port())
                                    : OptionalInt.empty(),
                            set.redis().isEmbedded() ? port(started.redis()) : OptionalInt.empty())
                    .announce(directory(config));
            shutdown.first(announcement::close);
        }
    }

    private static OptionalInt port(RedisSettings redis) {
        return redis.endpoint().location() instanceof RedisLocation.Server server
                ? OptionalInt.of(server.port())
                : OptionalInt.empty();
    }

    private <T> T named(String server, T settings) {
        out.println(server + ": " + settings);
        return settings;
    }

    /** One directory for each public port, so that a second copy on other ports has data of its own. */
    public static Path directory(Config config) {
        Path home = Path.of(System.getProperty("hotcold.home", ""));
        return home.resolve(config.local().dataDirectory())
                .resolve(Integer.toString(config.serving().http().port()))
                .toAbsolutePath()
                .normalize();
    }
}
