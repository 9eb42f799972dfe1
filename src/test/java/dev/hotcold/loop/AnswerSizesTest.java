package dev.hotcold.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AnswerSizesTest {

    private static final int MEGABYTE = 1 << 20;

    private final AnswerSizes sizes = new AnswerSizes(256, MEGABYTE);

    @Test
    void maxIds_nothingKnown_isTheLargest() {
        assertThat(sizes.maxIds()).isEqualTo(256);
    }

    @Test
    void maxIds_usualUsers_isTheLargest() {
        sizes.add(256, 256 * 200);

        assertThat(sizes.maxIds()).isEqualTo(256);
    }

    @Test
    void maxIds_longUsers_aimsBelowTheLimit() {
        sizes.add(4, 4 * 100_000);

        assertThat(sizes.maxIds()).isEqualTo(7);
    }

    @Test
    void maxIds_usersLongerThanTheLimit_isOne() {
        sizes.add(1, 10 * MEGABYTE);

        assertThat(sizes.maxIds()).isEqualTo(1);
    }

    @Test
    void maxIds_answerWasCutAfterManyShortOnes_isWhatFitted() {
        for (int i = 0; i < 100; i++) {
            sizes.add(256, 256 * 200);
        }

        sizes.addCut(5, MEGABYTE);

        assertThat(sizes.maxIds()).isEqualTo(3);
    }

    @Test
    void maxIds_shortUsersAgain_growsBack() {
        sizes.addCut(5, MEGABYTE);

        for (int i = 0; i < 300; i++) {
            int ids = sizes.maxIds();
            sizes.add(ids, ids * 200L);
        }

        assertThat(sizes.maxIds()).isEqualTo(256);
    }

    @Test
    void perAnswer_anyHeapAndAnyNumberOfConnections_isAPartOfTheHeap() {
        for (long heap = 64L << 20; heap <= 64L << 30; heap *= 2) {
            for (int connections = 1; connections <= 256; connections *= 2) {
                long each = AnswersInMemory.perAnswer(heap, connections);
                assertThat(each).isBetween(1L << 16, 16L << 20);
                assertThat(each * connections).isLessThanOrEqualTo(Math.max(heap / 8, connections << 16));
            }
        }
    }
}
