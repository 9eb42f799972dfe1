package dev.hotcold.app.doctor;

import dev.hotcold.app.doctor.Finding.Severity;
import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.pooler.Pooler;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.table.CatalogQuery;
import dev.hotcold.table.UserSelect;
import dev.hotcold.table.UsersTable;
import dev.hotcold.user.UserId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** PostgreSQL as lookups have it: server, table, rights, connections, clock, distance. */
final class PostgresChecks {

    private static final int OLDEST = 12;
    private static final String NOT_ALLOWED = "42501";

    /** Connections of change feed, watches and verification, beside those of lookups. */
    private static final int UPKEEP = 7;

    /** What no limit is left of is a limit of 0; how many of the server's and of the role's there are. */
    private static final String CONNECTIONS = """
            SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                r.rolconnlimit, r.rolsuper, quote_ident(r.rolname::text),
                (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_backend_pid()
                    AND coalesce(application_name, '') <> current_setting('application_name')),
                current_setting('superuser_reserved_connections')::int
            FROM pg_roles AS r WHERE r.rolname = session_user
            """;

    private PostgresChecks() {}

    static void all(Findings findings, PostgresSettings settings, RequestBudget budget) {
        PostgresJdbc postgres = new PostgresJdbc(settings);
        try (Connection connection = postgres.connect()) {
            server(findings, settings, connection);
            table(findings, JdbcUsers.of(postgres, connection));
            connections(findings, settings, connection);
            distance(findings, connection, budget);
            clock(findings, connection);
        } catch (SQLException failure) {
            findings.fail("cannot connect to " + settings + ": " + failure.getMessage(), connectFix(settings, failure));
        }
    }

    private static String connectFix(PostgresSettings settings, SQLException failure) {
        return switch (String.valueOf(failure.getSQLState())) {
            case "3D000" ->
                "CREATE DATABASE \"" + settings.endpoint().database().replace("\"", "\"\"")
                        + "\"; or let DATABASE_URL name another";
            case "28P01" -> "let DATABASE_URL have the password of the role";
            case "28000" -> "CREATE ROLE for it, or let it in by pg_hba.conf";
            case "53300" -> "ALTER SYSTEM SET max_connections; or end what holds the connections";
            default -> "let DATABASE_URL name a server that answers there, and firewalls let it through";
        };
    }

    private static void server(Findings findings, PostgresSettings settings, Connection connection)
            throws SQLException {
        String version = connection.getMetaData().getDatabaseProductVersion();
        if (connection.getMetaData().getDatabaseMajorVersion() < OLDEST) {
            findings.fail("is PostgreSQL " + version, "use PostgreSQL " + OLDEST + " or newer");
        } else {
            findings.ok("is PostgreSQL " + version);
        }
        if (PostgresJdbc.state(connection).isStandby()) {
            findings.warn(
                    "is a standby: what is read from it is not cached, and no change feed begins",
                    "let DATABASE_URL name the primary, or all servers");
        }
        if (PostgresJdbc.isBehindPooler(connection)) {
            if (settings.pooler() == Pooler.NONE) {
                findings.warn("a pooler stands in between, and PG_POOLER says that there is none", "PG_POOLER=auto");
            } else {
                findings.ok("a pooler stands in between");
            }
        }
    }

    private static void table(Findings findings, JdbcUsers users) throws SQLException {
        UsersTable table;
        try {
            table = users.table();
        } catch (SQLException problem) {
            findings.advice(Severity.FAIL, String.valueOf(problem.getMessage()));
            return;
        }
        if (!isReadable(findings, users, table)) {
            return;
        }
        findings.ok("users are read from " + table.describe() + ", whose user_id is of type "
                + table.column(UsersTable.USER_ID).type() + " and compared as " + comparison(table));
        if (!table.hasUniqueIds()) {
            findings.warn(
                    "no unique index makes user_id unique in " + table.describe()
                            + ": lookups may be slow, one row of several is served, and a change removes a user from Redis"
                            + " instead of replacing it",
                    "CREATE UNIQUE INDEX CONCURRENTLY ON " + table.sql() + " (user_id);");
            return;
        }
        table.whyOnlyOutdated()
                .ifPresent(why -> findings.warn(
                        "a change removes a user from Redis instead of replacing it: " + why,
                        "nothing, if that is meant; docs/operate/stores.md, \"PostgreSQL\""));
    }

    private static boolean isReadable(Findings findings, JdbcUsers users, UsersTable table) throws SQLException {
        try {
            UserId anybody = (UserId) UserId.parse("0");
            users.read(List.of(anybody));
            return true;
        } catch (SQLException refused) {
            if (!NOT_ALLOWED.equals(refused.getSQLState())) {
                throw refused;
            }
            findings.fail(
                    "the role may not read " + table.describe() + ": " + refused.getMessage(),
                    UserSelect.of(table).grant());
            return false;
        }
    }

    private static String comparison(UsersTable table) {
        return switch (table.match().orElseThrow()) {
            case EXACT -> "the same text";
            case PADDED -> "the same text but for blanks at the end";
            case INTEGER, NUMERIC -> "the same number";
            case LOOSE -> "its collation or type has it";
        };
    }

    private static void connections(Findings findings, PostgresSettings settings, Connection connection)
            throws SQLException {
        int needed = settings.pool().maxConnections() + UPKEEP;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(CatalogQuery.qualified(CONNECTIONS))) {
            if (!row.next()) {
                return;
            }
            int ofServer = row.getInt(1);
            int ofRole = row.getInt(2);
            int others = row.getInt(5);
            if (ofRole >= 0 && ofRole < needed && !row.getBoolean(3)) {
                findings.warn(
                        "the role may have " + ofRole + " connections, and an instance wants up to " + needed
                                + " (PG_MAX_CONNS and " + UPKEEP + ")",
                        "ALTER ROLE " + row.getString(4) + " CONNECTION LIMIT " + 2 * needed + ";");
            } else if (ofServer - others < needed) {
                findings.warn(
                        "has " + (ofServer - others) + " connections left beside those of others, and an instance wants"
                                + " up to " + needed + " (PG_MAX_CONNS and " + UPKEEP + ")",
                        settings.pool().maxConnections() > ofServer - others - UPKEEP && ofServer - others - UPKEEP > 1
                                ? "PG_MAX_CONNS=" + (ofServer - others - UPKEEP)
                                : "ALTER SYSTEM SET max_connections = " + (others + 2 * needed + row.getInt(6))
                                        + "; and restart PostgreSQL");
            } else {
                findings.ok("has " + (ofServer - others) + " connections for the " + needed + " of an instance");
            }
        }
    }

    private static void distance(Findings findings, Connection connection, RequestBudget budget) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            Duration median = Latency.median(() -> statement.execute("SELECT 1"));
            Latency.tell(findings, median, budget.queryTarget(), budget.total());
        }
    }

    private static void clock(Findings findings, Connection connection) throws SQLException {
        Instant before = Instant.now();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        CatalogQuery.qualified("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))) {
            row.next();
            Clocks.tell(findings, before, Instant.ofEpochMilli(row.getLong(1)), Instant.now());
        }
    }
}
