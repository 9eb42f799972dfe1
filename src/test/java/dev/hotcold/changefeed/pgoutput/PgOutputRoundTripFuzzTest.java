package dev.hotcold.changefeed.pgoutput;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whatever well-formed messages a server sends: each is understood as what was meant. */
class PgOutputRoundTripFuzzTest {

    @FuzzTest
    void decode_whatWasSaid_isUnderstoodAsMeant(FuzzedDataProvider data) {
        Conversation conversation = new Conversation(data);
        while (data.remainingBytes() > 0) {
            conversation.goOn();
        }
    }

    /** One session: tables become known, then rows of them follow. */
    private static final class Conversation {

        private final FuzzedDataProvider data;
        private final PgOutput decoder = new PgOutput();
        private final Map<Integer, Table> tables = new HashMap<>();

        Conversation(FuzzedDataProvider data) {
            this.data = data;
            describeTable();
        }

        void goOn() {
            switch (data.consumeInt(0, 6)) {
                case 0 -> describeTable();
                case 1 -> {
                    var begin = new Message.Begin(data.consumeLong(), data.consumeLong(), data.consumeInt());
                    assertDecoded(PgOutputMessages.begin(begin), begin);
                }
                case 2 -> {
                    var commit = new Message.Commit(data.consumeLong());
                    assertDecoded(
                            PgOutputMessages.commit(data.consumeByte(), data.consumeLong(), commit, data.consumeLong()),
                            commit);
                }
                case 3 -> {
                    int id = anyTable();
                    Row row = anyRow(id);
                    assertDecoded(PgOutputMessages.insert(id, row), new Message.Insert(row));
                }
                case 4 -> {
                    int id = anyTable();
                    Row before = data.consumeBoolean() ? anyRow(id) : null;
                    Row after = anyRow(id);
                    assertDecoded(
                            PgOutputMessages.update(id, keyOrWhole(), before, after),
                            new Message.Update(before, after));
                }
                case 5 -> {
                    int id = anyTable();
                    Row before = anyRow(id);
                    assertDecoded(PgOutputMessages.delete(id, keyOrWhole(), before), new Message.Delete(before));
                }
                default -> {
                    int[] ids = {anyTable(), anyTable()};
                    assertDecoded(
                            PgOutputMessages.truncate(data.consumeByte(), ids),
                            new Message.Truncate(List.of(described(ids[0]), described(ids[1]))));
                }
            }
        }

        private void describeTable() {
            List<String> columns = new ArrayList<>();
            for (int more = data.consumeInt(0, 5); more > 0; more--) {
                columns.add(name());
            }
            Set<String> keys =
                    columns.stream().filter(_ -> data.consumeBoolean()).collect(Collectors.toSet());
            int id = data.consumeInt();
            Table table = new Table(id, name(), name(), List.copyOf(columns), keys);
            tables.put(id, table);
            assertDecoded(PgOutputMessages.relation(id, table), new Message.Described(table));
        }

        private int anyTable() {
            return data.pickValue(tables.keySet());
        }

        private Table described(int id) {
            return Objects.requireNonNull(tables.get(id));
        }

        private Row anyRow(int id) {
            Table table = described(id);
            List<@Nullable Object> values = new ArrayList<>();
            for (int i = 0; i < table.columns().size(); i++) {
                values.add(
                        switch (data.consumeInt(0, 3)) {
                            case 0 -> null;
                            case 1 -> PgOutput.UNCHANGED;
                            default -> text(data.consumeInt(0, 500));
                        });
            }
            return new Row(table, values);
        }

        private int keyOrWhole() {
            return data.consumeBoolean() ? 'K' : 'O';
        }

        private String name() {
            return text(data.consumeInt(0, 63)).replace("\u0000", "");
        }

        private String text(int mostBytes) {
            return new String(data.consumeBytes(mostBytes), StandardCharsets.UTF_8);
        }

        private void assertDecoded(byte[] message, Message meant) {
            assertThat(decoder.decode(PgOutputMessages.amidOthers(message))).isEqualTo(meant);
        }
    }
}
