package dev.hotcold.changefeed.pgoutput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PgOutputTest {

    private static final int ID = 16384;
    private static final Table USERS =
            new Table(ID, "public", "users", List.of("user_id", "deeplink", "promo_message"), Set.of("user_id"));
    private static final Row ALICE = new Row(USERS, Arrays.asList("alice", "app://a", null));
    private static final Row KEY = new Row(USERS, Arrays.asList("bob", null, null));

    private final PgOutput decoder = new PgOutput();

    @BeforeEach
    void describeTheTable() {
        assertThat(decode(PgOutputMessages.relation(ID, USERS))).isEqualTo(new Message.Described(USERS));
    }

    @Test
    void decode_updateWithNewKey_tellsBothRows() {
        assertThat(decode(PgOutputMessages.update(ID, 'K', KEY, ALICE))).isEqualTo(new Message.Update(KEY, ALICE));
    }

    @Test
    void decode_everyBeginningOfAMessage_isRefused() {
        byte[] message = PgOutputMessages.update(ID, 'K', KEY, ALICE);
        for (int length = 0; length < message.length; length++) {
            byte[] beginning = Arrays.copyOf(message, length);

            assertThatIllegalArgumentException()
                    .as("the first %d bytes", length)
                    .isThrownBy(() -> decode(beginning));
        }
    }

    @Test
    void decode_messageThatGoesOn_isRefused() {
        byte[] message = PgOutputMessages.insert(ID, ALICE);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> decode(Arrays.copyOf(message, message.length + 1)))
                .withMessageContaining("goes on");
    }

    /** It would have passed for a row of no user, and its change would have been missed. */
    @Test
    void decode_rowOfAnotherWidthThanItsTable_isRefused() {
        Row narrow = new Row(USERS, List.of());
        Row wide = new Row(USERS, List.of("alice", "d", "p", "more"));

        assertThatIllegalArgumentException().isThrownBy(() -> decode(PgOutputMessages.insert(ID, narrow)));
        assertThatIllegalArgumentException().isThrownBy(() -> decode(PgOutputMessages.delete(ID, 'K', wide)));
    }

    @Test
    void decode_tablesWithoutEnd_areRefusedAndTheSameOneAgainIsNot() {
        Table wide = new Table(1, "public", "x".repeat(1_000_000), List.of("a"), Set.of());
        for (int i = 0; i < 100; i++) {
            decode(PgOutputMessages.relation(1, wide));
        }

        assertThatIllegalArgumentException()
                .isThrownBy(() -> {
                    for (int id = 2; id < 100; id++) {
                        decode(PgOutputMessages.relation(id, wide));
                    }
                })
                .withMessage("more tables than can be kept");
    }

    /** It would have passed for a truncation of no table. */
    @Test
    void decode_truncationOfFewerThanNoTables_isRefused() {
        byte[] message = PgOutputMessages.truncate(0);
        ByteBuffer.wrap(message).putInt(1, -1);

        assertThatIllegalArgumentException().isThrownBy(() -> decode(message));
    }

    @Test
    void decode_lengthBeyondTheMessage_isRefused() {
        byte[] message = PgOutputMessages.insert(ID, new Row(USERS, Arrays.asList("alice", null, null)));
        int lengthAt = 1 + 4 + 1 + 2 + 1;
        for (int length : new int[] {6, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            ByteBuffer.wrap(message).putInt(lengthAt, length);

            assertThatIllegalArgumentException().isThrownBy(() -> decode(message));
        }
    }

    @Test
    void decode_tableThatWasNotDescribed_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> decode(PgOutputMessages.insert(ID + 1, ALICE)));
        assertThatIllegalArgumentException().isThrownBy(() -> decode(PgOutputMessages.truncate(0, ID, ID + 1)));
    }

    private Message decode(byte[] message) {
        return decoder.decode(PgOutputMessages.amidOthers(message));
    }
}
