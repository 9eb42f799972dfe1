package dev.hotcold.app.data;

import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.console.Environment.Store;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.Config;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Loads users from a file. */
@Command(
        name = "load-users",
        description = {
            "Insert users from a CSV file into the table of users, and update those that are there.",
            "The first line names the columns user_id, deeplink and promo_message, in any order. UTF-8, quotes as in RFC 4180.",
            "All or nothing: if a line is bad, it is named, nothing is changed, and the exit code is 1."
        })
public final class LoadUsersCommand implements Callable<Integer> {

    private static final String STANDARD_INPUT = "-";

    @Parameters(paramLabel = "FILE", description = "The file; - is the standard input.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String file;

    @Option(names = "--dry-run", description = "Only say what would be inserted and updated.")
    private boolean isDryRun;

    @Override
    public Integer call() {
        Optional<Config> config = Environment.load(Set.of(Store.POSTGRES));
        return config.map(found -> load(found.stores().postgres())).orElse(Environment.WRONG_SETTINGS);
    }

    private int load(PostgresSettings postgres) {
        PostgresJdbc jdbc = new PostgresJdbc(postgres.forPrimary());
        try (InputStream in = open();
                Connection connection = jdbc.connectWithoutLimit()) {
            UserLoad load =
                    new UserLoad(connection, JdbcUsers.of(jdbc, connection).table());
            String problem = load.problem();
            if (!problem.isEmpty()) {
                Console.error(problem);
                return 1;
            }
            return tell(load.load(CsvUsers.of(in), !isDryRun));
        } catch (CsvUsers.BadLineException bad) {
            tell(bad.line(), String.valueOf(bad.getMessage()));
            return nothingLoaded();
        } catch (NoSuchFileException missing) {
            Console.error("no such file: " + file);
        } catch (IOException failure) {
            Console.error(file + ": " + failure.getMessage());
        } catch (SQLException failure) {
            Console.error("PostgreSQL: " + failure.getMessage());
        }
        return 1;
    }

    private InputStream open() throws IOException {
        return file.equals(STANDARD_INPUT)
                // Not to be closed: it is the process's.
                ? new FilterInputStream(new BufferedInputStream(System.in)) {
                    @Override
                    public void close() {}
                }
                : new BufferedInputStream(Files.newInputStream(Path.of(file)));
    }

    private int tell(UserLoad.Outcome outcome) {
        switch (outcome) {
            case UserLoad.Loaded loaded -> {
                System.out.println((isDryRun ? "would be " : "") + "inserted " + loaded.inserted() + ", updated "
                        + loaded.updated() + ", unchanged " + loaded.unchanged());
                return 0;
            }
            case UserLoad.Refused refused -> {
                refused.lines().forEach(bad -> tell(bad.line(), bad.why()));
                long more = refused.total() - refused.lines().size();
                if (more > 0) {
                    Console.error("and " + more + " more");
                }
                return nothingLoaded();
            }
        }
    }

    private static int nothingLoaded() {
        Console.error("nothing was loaded");
        return 1;
    }

    private void tell(long line, String why) {
        Console.error((file.equals(STANDARD_INPUT) ? "standard input" : file) + ":" + line + ": " + why);
    }
}
