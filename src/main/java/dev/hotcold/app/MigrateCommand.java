package dev.hotcold.app;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.Loaded;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Brings the schema of the database up to date. */
@Command(
        name = "migrate",
        description = {
            "Create or update the table of users in the database of DATABASE_URL.",
            "Safe to run again; an existing table is left as it is."
        })
final class MigrateCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.load(System.err);
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        PostgresSettings postgres = loaded.get().config().postgres();
        if (postgres.isEmbedded()) {
            System.err.println(
                    "error: DATABASE_URL is not set. The embedded PostgreSQL is migrated by `hotcold serve`.");
            return Environment.WRONG_SETTINGS;
        }
        try {
            int applied = Migrations.apply(postgres);
            System.out.println(postgres + ": " + (applied == 0 ? "up to date" : applied + " migration(s) applied"));
            return 0;
        } catch (StartFailure failure) {
            System.err.println("error: " + failure.getMessage());
            return 1;
        }
    }
}
