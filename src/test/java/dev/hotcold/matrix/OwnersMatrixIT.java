package dev.hotcold.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each table that an owner may have, as each role reads it, with each type of ids: what becomes of its users is what is
 * recorded, and the page of tables says; and beside the service the owner can do all that was possible before.
 *
 * <p>A few cells, unless {@code -Dmatrix=all}, which also records what it sees where {@code -Dupdate=true} is given. On a
 * PostgreSQL of its own, or the one at {@code -Dmatrix.port} of 127.0.0.1, which must let in everybody and have wal_level = logical.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class OwnersMatrixIT {

    private static final boolean UPDATE = Boolean.getBoolean("update");

    private static Servers servers;
    private static int port;
    private static Ledger ledger;

    @BeforeAll
    static void start() throws SQLException {
        servers = Servers.start();
        port = Integer.getInteger("matrix.port", servers.postgres().port());
        try (Connection connection =
                DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres")) {
            ledger = Ledger.of(connection.getMetaData().getDatabaseMajorVersion());
        }
    }

    @AfterAll
    static void stop() throws IOException {
        servers.close();
        if (UPDATE) {
            ledger.write();
        }
    }

    static Stream<Cell> cells() {
        List<Cell> cells = "all".equals(System.getProperty("matrix")) ? Cell.all() : Cell.some();
        return cells.stream().filter(Cell::isPossible);
    }

    @ParameterizedTest
    @MethodSource("cells")
    void cell_serviceRuns_usersAreAsRecordedAndTheOwnerCanDoWhatHeCould(Cell cell) {
        Outcome outcome = new CellRun(servers, port, cell).run();
        if (UPDATE) {
            ledger.put(cell, outcome);
        }

        assertThat(ledger.outcome(cell)).hasValue(outcome);
    }
}
