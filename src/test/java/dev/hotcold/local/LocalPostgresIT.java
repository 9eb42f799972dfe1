package dev.hotcold.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPostgresIT {
    @TempDir
    Path directory;

    @Test
    void start_emptyDirectory_isDurableAndReadyForLogicalReplication() throws SQLException {
        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            assertThat(query(postgres, "SHOW wal_level")).containsExactly("logical");
            assertThat(query(postgres, "SHOW fsync")).containsExactly("on");
            assertThat(query(postgres, "SHOW synchronous_commit")).containsExactly("on");
            assertThat(query(postgres, "SHOW listen_addresses")).containsExactly("127.0.0.1");
            assertThat(query(postgres, "SHOW server_encoding")).containsExactly("UTF8");
            assertThat(query(postgres, "SHOW port")).containsExactly(Integer.toString(postgres.port()));
        }
    }

    @Test
    void close_thenStartOnTheSamePort_keepsTheData() throws SQLException {
        int port;
        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            port = postgres.port();
            execute(postgres, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (42)");
        }

        try (LocalPostgres postgres = LocalPostgres.start(directory, port)) {
            assertThat(postgres.port()).isEqualTo(port);
            assertThat(query(postgres, "SELECT id FROM kept")).containsExactly("42");
        }
    }

    @Test
    void close_clientConnected_leavesNoProcess() throws SQLException {
        LocalPostgres postgres = LocalPostgres.start(directory);
        ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
        List<ProcessHandle> children = server.children().toList();
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
            assertThat(connection.isValid(5)).isTrue();

            postgres.close();
        }

        assertThat(children).isNotEmpty();
        assertThat(server.isAlive()).isFalse();
        assertThat(children).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void start_serverWasKilled_recoversOnTheSamePort() throws SQLException {
        LocalPostgres killed = LocalPostgres.start(directory);
        execute(killed, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (42)");
        ProcessHandle server = ProcessHandle.of(killed.pid()).orElseThrow();
        server.destroyForcibly();
        await().until(() -> !server.isAlive());
        killed.close();

        try (LocalPostgres postgres = LocalPostgres.start(directory, killed.port())) {
            assertThat(query(postgres, "SELECT id FROM kept")).containsExactly("42");
        }
    }

    @Test
    void start_ownerAndKeeperWereKilled_stopsTheServerTheyLeft() throws IOException, SQLException {
        try (ServerOwner owner = ServerOwner.ofPostgres(directory)) {
            ProcessHandle orphan = owner.server();
            owner.killWithKeeper();
            assertThat(orphan.isAlive()).isTrue();

            try (LocalPostgres postgres = LocalPostgres.start(directory)) {
                assertThat(orphan.isAlive()).isFalse();
                assertThat(query(postgres, "SELECT 1")).containsExactly("1");
            }
        }
    }

    @Test
    void start_ownerWasKilled_serverEndsWithIt() throws IOException {
        try (ServerOwner owner = ServerOwner.ofPostgres(directory)) {
            ProcessHandle server = owner.server();

            owner.kill();

            await().until(() -> !server.isAlive());
            assertThat(directory.resolve("postgresql/postmaster.pid")).doesNotExist();
        }
    }

    @Test
    void start_processIdWentToAnotherProgram_startsAndLeavesThatAlone() throws IOException, SQLException {
        LocalPostgres.start(directory).close();
        Process stranger = new ProcessBuilder("sleep", "600").start();
        Files.writeString(
                directory.resolve("postgresql/postmaster.pid"),
                stranger.pid() + "\n" + directory.resolve("postgresql") + "\n1\n5432\n\n127.0.0.1\n");

        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            assertThat(query(postgres, "SELECT 1")).containsExactly("1");
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void start_creationWasInterrupted_beginsAgain() throws IOException, SQLException {
        Path unfinished = Files.createDirectories(directory.resolve("postgresql.unfinished"));
        Files.writeString(unfinished.resolve("PG_VERSION"), "17\n");

        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            assertThat(query(postgres, "SELECT 1")).containsExactly("1");
            assertThat(unfinished).doesNotExist();
        }
    }

    @Test
    void start_directoryHeldByAnotherProcess_isRefused() throws IOException {
        try (ServerOwner owner = ServerOwner.ofPostgres(directory)) {
            assertThatThrownBy(() -> LocalPostgres.start(directory))
                    .isInstanceOf(LocalServerException.class)
                    .hasMessageContainingAll(directory.toRealPath().toString(), "LOCAL_DATA_DIR", "PORT");
            assertThat(owner.server().isAlive()).isTrue();
        } finally {
            LocalPostgres.start(directory).close();
        }
    }

    @Test
    void start_directoryHeldByThisProcess_isRefusedEveryTime() throws SQLException {
        try (LocalPostgres holder = LocalPostgres.start(directory)) {
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(() -> LocalPostgres.start(directory))
                        .isInstanceOf(LocalServerException.class)
                        .hasMessageContainingAll("this process", "LOCAL_DATA_DIR");
            }
            assertThat(query(holder, "SELECT 1")).containsExactly("1");
        }
    }

    @Test
    void start_portTaken_saysSoAndFreesTheDirectory() throws SQLException {
        try (LocalRedis other = LocalRedis.start(directory.resolve("other"))) {
            assertThatThrownBy(() -> LocalPostgres.start(directory, other.port()))
                    .isInstanceOf(LocalServerException.class)
                    .hasMessageContainingAll("Address already in use", Integer.toString(other.port()));
        }

        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            assertThat(query(postgres, "SELECT 1")).containsExactly("1");
        }
    }

    @Test
    void load_twice_insertsTheDemonstrationUsersOnce() throws IOException, SQLException {
        try (LocalPostgres postgres = LocalPostgres.start(directory)) {
            execute(postgres, Files.readString(Path.of("migrations/001_users.sql")));

            int first = DemoUsers.load(postgres.jdbcUrl());
            int second = DemoUsers.load(postgres.jdbcUrl());

            assertThat(first).isEqualTo(4);
            assertThat(second).isZero();
            assertThat(query(postgres, "SELECT promo_message FROM users WHERE user_id = 'alice'"))
                    .containsExactly("Welcome back, Alice");
            assertThat(query(postgres, "SELECT promo_message FROM users WHERE user_id = 'zoe-7'"))
                    .containsExactly("Zoë: \"50 % off\" \\o/ für dich — 今だけ 🎉");
        }
    }

    private static void execute(LocalPostgres postgres, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl());
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static List<String> query(LocalPostgres postgres, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            var values = new ArrayList<String>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }
}
