package dev.hotcold.changefeed.pgoutput;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.testkit.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a real server says, message by message. */
class PgOutputIT {

    private final Servers servers = Servers.shared();

    @BeforeEach
    void publish() {
        servers.sql("CREATE TABLE spoken (id text PRIMARY KEY, long_text text, note text)");
        servers.sql("ALTER TABLE spoken ALTER long_text SET STORAGE EXTERNAL");
        servers.sql("CREATE PUBLICATION spoken FOR TABLE spoken");
        servers.sql("SELECT pg_create_logical_replication_slot('spoken', 'pgoutput')");
    }

    @AfterEach
    void forget() {
        servers.sql("SELECT pg_drop_replication_slot('spoken')");
        servers.sql("DROP PUBLICATION spoken");
        servers.sql("DROP TABLE spoken");
    }

    @Test
    void decode_everyKindOfChange_isUnderstood() throws SQLException {
        String longText = "é".repeat(5000);
        servers.sql("INSERT INTO spoken VALUES ('a', '" + longText + "', NULL)");
        servers.sql("UPDATE spoken SET note = '👋'");
        servers.sql("UPDATE spoken SET id = 'b', long_text = ''");
        servers.sql("DELETE FROM spoken");
        servers.sql("ALTER TABLE spoken REPLICA IDENTITY FULL");
        servers.sql("INSERT INTO spoken VALUES ('c', 'l', 'n')");
        servers.sql("UPDATE spoken SET note = 'm'");
        servers.sql("DELETE FROM spoken");
        servers.sql("TRUNCATE spoken");

        List<String> said = new ArrayList<>();
        for (Message message : decodeAll()) {
            said.addAll(changes(message));
        }

        assertThat(said)
                .containsExactly(
                        "insert " + values("a", longText, null),
                        "update null to " + values("a", PgOutput.UNCHANGED, "👋"),
                        "update " + values("a", null, null) + " to " + values("b", "", "👋"),
                        "delete " + values("b", null, null),
                        "insert " + values("c", "l", "n"),
                        "update " + values("c", "l", "n") + " to " + values("c", "l", "m"),
                        "delete " + values("c", "l", "m"),
                        "truncate 1");
    }

    private List<Message> decodeAll() throws SQLException {
        PgOutput decoder = new PgOutput();
        List<Message> messages = new ArrayList<>();
        try (Connection connection = servers.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT data FROM pg_logical_slot_get_binary_changes('spoken', NULL, NULL,"
                                + " 'proto_version', '1', 'publication_names', 'spoken')")) {
            while (rows.next()) {
                messages.add(decoder.decode(PgOutputMessages.amidOthers(rows.getBytes(1))));
            }
        }
        return messages;
    }

    private static List<String> changes(Message message) {
        return switch (message) {
            case Message.Insert insert -> List.of("insert " + insert.row().values());
            case Message.Update(var before, var after) ->
                List.of("update " + (before == null ? null : before.values()) + " to " + after.values());
            case Message.Delete delete -> List.of("delete " + delete.before().values());
            case Message.Truncate truncate ->
                List.of("truncate " + truncate.tables().size());
            case Message.Begin _, Message.Commit _, Message.Described _, Message.Other _ -> List.of();
        };
    }

    private static String values(@Nullable Object... values) {
        return Arrays.asList(values).toString();
    }
}
