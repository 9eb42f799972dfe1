package dev.hotcold.app.command;

import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.jdbc.FeedJdbc;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.MigrationException;
import dev.hotcold.app.jdbc.Migrations;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.Config;
import dev.hotcold.config.Loaded;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Brings the schema of the database up to date. */
@Command(
        name = "migrate",
        description = {
            "Create or update the table of users, and what the change feed needs in PostgreSQL.",
            "The database is that of DATABASE_URL. Publication and replication slot are made where the role may. Safe to run",
            "again; an existing table is left as it is.",
            "Exit code 3: users can be looked up, but changes not be followed (unless CHANGE_FEED=off), or a pooler kept the",
            "migrations from being looked at."
        })
final class MigrateCommand implements Callable<Integer> {

    /** Done as far as possible: what is said of the rest decides whether the service is what its operator wants. */
    private static final int INCOMPLETE = 3;

    @Option(
            names = "--allow-incomplete",
            description = {
                "Exit with 0 in place of 3 when users can be looked up, but changes not be followed, or a pooler kept the",
                "migrations from being looked at."
            })
    private boolean allowIncomplete;

    private int incomplete() {
        return allowIncomplete ? 0 : INCOMPLETE;
    }

    /** Returns the exit code. */
    private int prepareChangeFeed(Config config) {
        Config.Freshness freshness = config.freshness();
        ChangeFeedSettings feed = freshness.changeFeed();
        if (feed.mode() == ChangeFeedSettings.Mode.OFF) {
            return 0;
        }
        Optional<String> lacking;
        try {
            lacking = ChangeFeed.prepare(
                    FeedJdbc.of(freshness.changeFeedPostgres(), config.stores().postgres()), feed);
        } catch (SQLException failure) {
            lacking = Optional.of(String.valueOf(failure.getMessage()));
        }
        if (lacking.isPresent()) {
            Console.error("change feed: " + lacking.get());
            return feed.mode() == ChangeFeedSettings.Mode.ON ? 1 : incomplete();
        }
        System.out.println("change feed: publication " + feed.publication() + " and slot " + feed.slot()
                + " are there; PostgreSQL keeps its log from now on until the service has followed it");
        return 0;
    }

    private static boolean isTableThere(PostgresSettings postgres) {
        PostgresJdbc jdbc = new PostgresJdbc(postgres);
        try (Connection connection = jdbc.connect()) {
            return JdbcUsers.of(jdbc, connection).isThere();
        } catch (SQLException unknown) {
            return false;
        }
    }

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.load();
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        Config config = loaded.get().config();
        PostgresSettings postgres = config.stores().postgres();
        if (postgres.isEmbedded()) {
            Console.error("DATABASE_URL is not set. The embedded PostgreSQL is migrated by `hotcold serve`.");
            return Environment.WRONG_SETTINGS;
        }
        try {
            int applied = Migrations.apply(postgres);
            System.out.println(postgres + ": " + (applied == 0 ? "up to date" : applied + " migration(s) applied"));
            return prepareChangeFeed(config);
        } catch (MigrationException failure) {
            if (failure.isForWantOfRights() && isTableThere(postgres)) {
                System.out.println(postgres + ": nothing migrated, since the role may not make tables here; the table"
                        + " \"users\" that is there is used as it is");
                return prepareChangeFeed(config);
            }
            if (failure.isForSharedSessions() && isTableThere(postgres)) {
                Console.error("nothing migrated: " + failure.getMessage()
                        + "; the table \"users\" that is there is used as it is");
                int prepared = prepareChangeFeed(config);
                return prepared == 0 ? incomplete() : prepared;
            }
            Console.error(String.valueOf(failure.getMessage()));
            return 1;
        }
    }
}
