package dev.hotcold.changefeed.pgoutput;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Whatever bytes come from PostgreSQL: each message is understood, and says what its bytes say, or is refused in the one
 * documented way, which ends the session. An input is a sequence of messages, each behind its length in two bytes.
 */
class PgOutputFuzzTest {

    @FuzzTest
    void decode_anyBytes_areUnderstoodOrRefused(byte[] input) {
        PgOutput decoder = new PgOutput();
        ByteBuffer rest = ByteBuffer.wrap(input);
        while (rest.remaining() >= 2) {
            byte[] message = new byte[Math.min(Short.toUnsignedInt(rest.getShort()), rest.remaining())];
            rest.get(message);
            ByteBuffer in = PgOutputMessages.amidOthers(message);
            Message decoded;
            try {
                decoded = decoder.decode(in);
            } catch (IllegalArgumentException refused) {
                assertThat(refused).isExactlyInstanceOf(IllegalArgumentException.class);
                return;
            }
            assertThat(in.remaining()).isZero();
            assertSaysTheSame(decoded, message);
        }
    }

    /** Says it again, taking from the message only what the decoder does not keep. */
    private static void assertSaysTheSame(Message decoded, byte[] message) {
        ByteBuffer bytes = ByteBuffer.wrap(message);
        switch (decoded) {
            case Message.Begin begin ->
                assertThat(PgOutputMessages.begin(begin)).isEqualTo(message);
            case Message.Commit commit ->
                assertThat(PgOutputMessages.commit(bytes.get(1), bytes.getLong(2), commit, bytes.getLong(18)))
                        .isEqualTo(message);
            case Message.Insert insert ->
                assertEqualTexts(PgOutputMessages.insert(bytes.getInt(1), insert.row()), message, insert.row());
            case Message.Update update -> {
                Row before = update.before();
                byte[] again = PgOutputMessages.update(bytes.getInt(1), bytes.get(5), before, update.after());
                if (before == null) {
                    assertEqualTexts(again, message, update.after());
                } else {
                    assertEqualTexts(again, message, before, update.after());
                }
            }
            case Message.Delete delete ->
                assertEqualTexts(
                        PgOutputMessages.delete(bytes.getInt(1), bytes.get(5), delete.before()),
                        message,
                        delete.before());
            case Message.Truncate truncate -> {
                assertThat(truncate.tables()).hasSize(bytes.getInt(1));
                assertThat(message).hasSize(1 + 4 + 1 + 4 * truncate.tables().size());
            }
            case Message.Described described -> {
                assertThat((char) message[0]).isEqualTo('R');
                assertThat(described.table().oid()).isEqualTo(bytes.getInt(1));
            }
            case Message.Other.OTHER -> assertThat((char) message[0]).isIn('O', 'Y', 'M');
        }
    }

    /** Malformed UTF-8 cannot be said again. */
    private static void assertEqualTexts(byte[] again, byte[] message, Row... rows) {
        boolean isUnreadable = Arrays.stream(rows).anyMatch(row -> row.values().contains(PgOutput.UNREADABLE));
        if (!isUnreadable) {
            assertThat(again).isEqualTo(message);
        }
        for (Row row : rows) {
            assertThat(row.values()).hasSameSizeAs(row.table().columns());
        }
    }
}
