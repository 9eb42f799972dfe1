package dev.hotcold.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswersInMemoryTest {

    private static final long STEP = AnswersInMemory.STEP;

    private final AnswersInMemory answers = new AnswersInMemory(10 * STEP);
    private final AnswersInMemory.Share one = answers.share();
    private final AnswersInMemory.Share other = answers.share();

    @Test
    void answersOfTwoConnections_countTogether() {
        assertThat(one.grown(6 * STEP)).isEmpty();
        assertThat(other.grown(4 * STEP)).isEmpty();

        assertThat(other.grown(5 * STEP)).startsWith("sent answers of more than 10485760 bytes");
    }

    @Test
    void shortAnswer_whileOthersAreLong_mayBeRead() {
        assertThat(one.grown(11 * STEP)).isNotEmpty();

        assertThat(other.grown(STEP - 1)).isEmpty();
    }

    @Test
    void answerThatHasBeenRead_countsNoMore() {
        assertThat(one.grown(10 * STEP)).isEmpty();

        one.released();

        assertThat(answers.taken()).isZero();
        assertThat(other.grown(10 * STEP)).isEmpty();
    }
}
