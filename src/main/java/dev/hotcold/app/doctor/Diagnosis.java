package dev.hotcold.app.doctor;

import dev.hotcold.app.Service;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.config.Config;
import dev.hotcold.config.Loaded;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.hot.connection.RedisResources;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** All checks, in the order in which an operator would ask. Blocks. */
final class Diagnosis {

    private Diagnosis() {}

    static List<Finding> of(Loaded.Valid loaded, RedisResources resources) {
        Findings findings = Findings.none();
        Config config = Environment.withRunning(loaded.config());
        Config.Stores stores = config.stores();
        int loops = Service.loops(
                Runtime.getRuntime().availableProcessors(),
                stores.postgres().pool().maxConnections());
        HostChecks.settings(findings.of("settings"), loaded);
        HostChecks.openFiles(findings.of("host"), config, loops);
        HostChecks.memory(findings.of("host"), config, loops);
        AccessChecks.files(findings.of("access"), config.serving().http().access());
        if (stores.postgres().isEmbedded()) {
            findings.of("postgresql").ok("DATABASE_URL is unset: `hotcold serve` starts an embedded one");
        } else {
            PostgresChecks.all(
                    findings.of("postgresql"),
                    stores.postgres(),
                    config.serving().budget());
            FeedChecks.all(findings.of("change feed"), config);
        }
        if (stores.redis().isEmbedded()) {
            findings.of("redis").ok("REDIS_ADDR is unset: `hotcold serve` starts an embedded one");
        } else {
            RedisChecks.all(
                    findings.of("redis"),
                    stores.redis(),
                    resources,
                    config.serving().budget(),
                    deployment(config));
        }
        return findings.all();
    }

    private static Optional<Deployment> deployment(Config config) {
        if (config.stores().postgres().isEmbedded()) {
            return Optional.empty();
        }
        PostgresJdbc postgres = new PostgresJdbc(config.stores().postgres());
        try (Connection connection = postgres.connect()) {
            return Optional.of(JdbcUsers.of(postgres, connection).deployment());
        } catch (SQLException toldAlready) {
            return Optional.empty();
        }
    }
}
