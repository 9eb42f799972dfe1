package dev.hotcold.changefeed.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotTest {

    @ParameterizedTest
    @CsvSource({"99, true", "100, false", "101, true", "102, false", "103, true", "104, false", "105, false"})
    void sees_transaction_onlyIfItHadEnded(int transaction, boolean seen) {
        assertThat(Snapshot.parse("100:104:100,102").sees(transaction)).isEqualTo(seen);
    }

    @Test
    void parse_noneRunning_seesAllBeforeTheEnd() {
        Snapshot snapshot = Snapshot.parse("104:104:");

        assertThat(snapshot.sees(103)).isTrue();
        assertThat(snapshot.sees(104)).isFalse();
    }

    /** The log has the low 32 bits of a number; the snapshot has all of it. */
    @Test
    void sees_numbersThatHaveWrappedAround_areComparedByTheirLowBits() {
        Snapshot snapshot = Snapshot.parse("12884901880:12884901890:12884901887"); // 3 * 2^32 - 8, + 2, - 1

        assertThat(snapshot.sees(1)).isTrue();
        assertThat(snapshot.sees(2)).isFalse();
        assertThat(snapshot.sees(-1)).isFalse();
        assertThat(snapshot.sees(-2)).isTrue();
    }

    @Test
    void sees_numbersBeyondTheGreatestInt_areComparedAcrossIt() {
        Snapshot snapshot = Snapshot.parse("2147483645:2147483653:2147483645,2147483650");

        assertThat(snapshot.sees(2147483646)).isTrue();
        assertThat(snapshot.sees((int) 2147483652L)).isTrue();
        assertThat(snapshot.sees((int) 2147483653L)).isFalse();
        assertThat(snapshot.sees(2147483645)).isFalse();
        assertThat(snapshot.sees((int) 2147483650L)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"100", "100:104", "a:b:c", "1:2:3:4"})
    void parse_somethingElse_isRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Snapshot.parse(text));
    }
}
