package dev.hotcold.app;

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
final class Backends {

    private final Shutdown shutdown;
    private final PrintStream out;

    /**
     * @param shutdown gets what was started
     * @param out hears which servers are used
     */
    Backends(Shutdown shutdown, PrintStream out) {
        this.shutdown = shutdown;
        this.out = out;
    }

    /**
     * Starts what is unset, with its schema.
     *
     * @param demo whether to add the demonstration users to an embedded PostgreSQL
     * @return the settings with the addresses of the servers that were started
     */
    Config start(Config config, boolean demo) throws StartFailure {
        try {
            PostgresSettings postgres = config.postgres().isEmbedded()
                    ? startPostgres(config, demo)
                    : named("PostgreSQL", config.postgres());
            RedisSettings redis =
                    config.redis().isEmbedded() ? startRedis(config.redis()) : named("Redis", config.redis());
            return new Config(
                    config.http(),
                    config.budget(),
                    postgres,
                    config.changeFeedPostgres().isEmbedded() ? postgres : config.changeFeedPostgres(),
                    redis,
                    config.changeFeed(),
                    config.verify(),
                    config.management(),
                    config.local(),
                    config.ioUring());
        } catch (LocalServerException failure) {
            throw new StartFailure(failure.getMessage());
        }
    }

    private PostgresSettings startPostgres(Config config, boolean demo) throws StartFailure {
        Path directory = directory(config);
        out.println("PostgreSQL: DATABASE_URL is not set, starting an embedded server in " + directory);
        LocalPostgres server = LocalPostgres.start(directory);
        shutdown.first(server::close);
        out.println("PostgreSQL: " + server.databaseUrl());
        PostgresSettings postgres = config.postgres().onPort(server.port());
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

    private RedisSettings startRedis(RedisSettings settings) {
        out.println("Redis:      REDIS_ADDR is not set, starting an embedded server");
        LocalRedis server = LocalRedis.start();
        shutdown.first(server::close);
        out.println("Redis:      " + server.address());
        return settings.onPort(server.port());
    }

    private <T> T named(String server, T settings) {
        out.println(server + ": " + settings);
        return settings;
    }

    /** One directory for each public port, so that a second copy on other ports has data of its own. */
    private static Path directory(Config config) {
        Path home = Path.of(System.getProperty("hotcold.home", ""));
        return home.resolve(config.local().dataDirectory())
                .resolve(Integer.toString(config.http().port()))
                .toAbsolutePath()
                .normalize();
    }
}
