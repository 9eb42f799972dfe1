package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.connection.ConnectionLimit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many clients a process with so many file descriptors takes. */
final class FileDescriptorsTest {

    @ParameterizedTest
    @CsvSource({
        "1000000, 300, 20000, 20000",
        "1000000, 300, 0, 999444",
        "1024, 224, 20000, 700",
        "1024, 224, 0, 700",
        "1024, 224, 50, 50",
        "256, 300, 20000, 1",
        "9223372036854775807, 0, 0, 999744",
    })
    void clients_areThoseThatFit(long max, long needed, int wanted, int clients) {
        assertThat(new FileDescriptors(max, needed).clients(wanted)).isEqualTo(clients);
    }

    @Test
    void clients_withThoseThatAreRefused_leaveWhatIsNeeded() {
        for (int max = 310; max < 10_000; max++) {
            int clients = new FileDescriptors(max, 300).clients(0);

            assertThat(clients + ConnectionLimit.refusals(clients)).isLessThanOrEqualTo(max - 300);
        }
    }
}
