package dev.hotcold.app;

import dev.hotcold.app.jdbc.MigrationException;
import dev.hotcold.app.jdbc.Migrations;
import dev.hotcold.app.lifecycle.Shutdown;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.Config;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.local.DemoUsers;
import dev.hotcold.local.LocalPostgres;
import dev.hotcold.local.LocalRedis;
import dev.hotcold.local.LocalServerException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;

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
            return config.with(new Config.Stores(postgres, redis));
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

    private <T> T named(String server, T settings) {
        out.println(server + ": " + settings);
        return settings;
    }

    /** One directory for each public port, so that a second copy on other ports has data of its own. */
    private static Path directory(Config config) {
        Path home = Path.of(System.getProperty("hotcold.home", ""));
        return home.resolve(config.local().dataDirectory())
                .resolve(Integer.toString(config.serving().http().port()))
                .toAbsolutePath()
                .normalize();
    }
}
