package dev.hotcold.app.data;

import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.console.Environment.Store;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.config.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs statements in PostgreSQL. */
@Command(
        name = "sql",
        description = {
            "Run SQL in PostgreSQL, as the role of DATABASE_URL, and print what it returns as a table.",
            "Without DATABASE_URL: in the embedded PostgreSQL of the service that runs in this directory."
        })
public final class SqlCommand implements Callable<Integer> {

    @Parameters(
            paramLabel = "STATEMENT",
            arity = "0..1",
            description = "One or more statements, separated by semicolons; none = those of the standard input.")
    private @Nullable String statement;

    @Override
    public Integer call() throws IOException {
        Optional<Config> config = Environment.load(Set.of(Store.POSTGRES));
        if (config.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        String sql = statement == null ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : statement;
        PostgresJdbc postgres = new PostgresJdbc(config.get().stores().postgres());
        try (Connection connection = postgres.connectWithoutLimit();
                Statement run = connection.createStatement()) {
            run(run, sql);
            return 0;
        } catch (SQLException failure) {
            Console.error("PostgreSQL: " + failure.getMessage());
            return 1;
        }
    }

    private static void run(Statement statement, String sql) throws SQLException {
        boolean isTable = statement.execute(sql);
        int changed = statement.getUpdateCount();
        while (isTable || changed >= 0) {
            if (isTable) {
                try (ResultSet rows = statement.getResultSet()) {
                    table(rows).print(System.out);
                }
            } else {
                System.out.println("done, " + changed + (changed == 1 ? " row" : " rows"));
            }
            isTable = statement.getMoreResults();
            changed = statement.getUpdateCount();
        }
        for (SQLWarning notice = statement.getWarnings(); notice != null; notice = notice.getNextWarning()) {
            Console.warning(String.valueOf(notice.getMessage()));
        }
    }

    private static TextTable table(ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            names.add(columns.getColumnLabel(i));
        }
        TextTable table = new TextTable(names);
        while (rows.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= names.size(); i++) {
                row.add(Objects.requireNonNullElse(rows.getString(i), "NULL"));
            }
            table.add(row);
        }
        return table;
    }
}
