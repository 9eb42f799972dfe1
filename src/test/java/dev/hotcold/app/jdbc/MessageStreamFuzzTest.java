package dev.hotcold.app.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;

/** Whatever bytes come from PostgreSQL to pgjdbc: they arrive as they are, or are refused wherever they are cut. */
class MessageStreamFuzzTest {

    @FuzzTest
    void read_anyBytes_areRefusedOrArrive(byte[] sent) throws IOException {
        String whole = outcome(sent, 1 << 16);

        assertThat(outcome(sent, 1)).isEqualTo(whole);
        assertThat(outcome(sent, 3)).isEqualTo(whole);
    }

    /** Why they are refused; "" = they are not. */
    private static String outcome(byte[] sent, int piece) throws IOException {
        try (InputStream in = new MessageStream(new ByteArrayInputStream(sent), 0)) {
            byte[] buffer = new byte[piece];
            int at = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                for (int i = 0; i < count; i++) {
                    assertThat(buffer[i]).isEqualTo(sent[at++]);
                }
            }
            assertThat(at).isEqualTo(sent.length);
            return "";
        } catch (ProtocolException refused) {
            return String.valueOf(refused.getMessage());
        }
    }
}
