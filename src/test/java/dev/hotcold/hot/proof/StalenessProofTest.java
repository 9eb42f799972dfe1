package dev.hotcold.hot.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Every order of commits, questions of the owner, beats and polls, up to a bound: whatever is called proven is visible. The same
 * search finds the order in which each of two mistakes lies.
 */
class StalenessProofTest {

    private static final int BEATS = 4;
    private static final int POLLS = 4;
    private static final int COMMITS = 2;

    private enum Step {
        COMMIT,
        /** The owner asks where the log ends. */
        ASK,
        /** All that was committed before the question is applied, and the beat is counted. */
        BEAT,
        SEND,
        /** Redis answers the poll. */
        ANSWER
    }

    /** One order of steps, built step by step. */
    private static final class Order {

        private final boolean asksBeforeTheBeatBefore;
        private final int beatsOfProof;
        private final Step[] steps = new Step[2 * BEATS + 2 * POLLS + COMMITS];

        private Order(boolean asksBeforeTheBeatBefore, int beatsOfProof) {
            this.asksBeforeTheBeatBefore = asksBeforeTheBeatBefore;
            this.beatsOfProof = beatsOfProof;
        }

        /** The first order in which something is called proven that is not visible. */
        private Optional<String> firstLie(int length, int commits, int owners, int polls) {
            if (length == steps.length) {
                return isLie() ? Optional.of(Arrays.toString(steps)) : Optional.empty();
            }
            if (commits < COMMITS) {
                steps[length] = Step.COMMIT;
                Optional<String> lie = firstLie(length + 1, commits + 1, owners, polls);
                if (lie.isPresent()) {
                    return lie;
                }
            }
            if (owners < 2 * BEATS) {
                steps[length] = owners % 2 == 0 ? Step.ASK : Step.BEAT;
                Optional<String> lie = firstLie(length + 1, commits, owners + 1, polls);
                if (lie.isPresent()) {
                    return lie;
                }
            }
            if (polls < 2 * POLLS) {
                steps[length] = polls % 2 == 0 ? Step.SEND : Step.ANSWER;
                return firstLie(length + 1, commits, owners, polls + 1);
            }
            return Optional.empty();
        }

        private boolean isLie() {
            StalenessProof proof = new StalenessProof(beatsOfProof);
            int[] committedBefore = new int[steps.length + 1];
            int committed = 0;
            int asked = 0;
            int askedEarlier = 0;
            int applied = 0;
            long beat = 0;
            int sentAt = 0;
            for (int now = 0; now < steps.length; now++) {
                committedBefore[now] = committed;
                switch (steps[now]) {
                    case COMMIT -> committed++;
                    case ASK -> {
                        askedEarlier = asked;
                        asked = committed;
                    }
                    case BEAT -> {
                        applied = Math.max(applied, asksBeforeTheBeatBefore ? askedEarlier : asked);
                        beat++;
                    }
                    case SEND -> sentAt = now;
                    case ANSWER -> {
                        proof.polled(sentAt, "session", beat);
                        if (proof.provenAt() != StalenessProof.NEVER
                                && applied < committedBefore[(int) proof.provenAt()]) {
                            return true;
                        }
                    }
                }
            }
            return false;
        }
    }

    @Test
    void everyOrder_whatIsProven_isVisible() {
        assertThat(new Order(false, 2).firstLie(0, 0, 0, 0)).isEmpty();
    }

    @Test
    void beatBeforeItsConfirmation_isCaught() {
        assertThat(new Order(true, 2).firstLie(0, 0, 0, 0)).isPresent();
    }

    @Test
    void proofByOneBeat_isCaught() {
        assertThat(new Order(false, 1).firstLie(0, 0, 0, 0)).isPresent();
    }

    private final StalenessProof proof = new StalenessProof();

    @Test
    void twoBeatsLater_theMomentOfTheLastPollBeforeIsProven() {
        proof.polled(10, "a", 5);
        proof.polled(20, "a", 5);
        proof.polled(30, "a", 6);
        assertThat(proof.provenAt()).isEqualTo(StalenessProof.NEVER);

        proof.polled(40, "a", 7);

        assertThat(proof.provenAt()).isEqualTo(20);
        proof.polled(50, "a", 9);
        assertThat(proof.provenAt()).isEqualTo(40);
    }

    /** Beats of two owners do not count together. */
    @Test
    void anotherSession_beginsAnewAndKeepsWhatWasProven() {
        proof.polled(10, "a", 5);
        proof.polled(20, "a", 7);
        proof.polled(30, "b", 9);
        proof.polled(40, "b", 10);
        assertThat(proof.provenAt()).isEqualTo(10);

        proof.polled(50, "b", 11);

        assertThat(proof.provenAt()).isEqualTo(30);
    }

    /** A Redis that went back to an older copy has lost what was applied, too. */
    @Test
    void countThatGoesBack_provesNothing() {
        proof.polled(10, "a", 5);
        proof.polled(20, "a", 7);

        proof.polled(30, "a", 6);

        assertThat(proof.provenAt()).isEqualTo(StalenessProof.NEVER);
    }

    @Test
    void noFeed_provesNothing() {
        proof.polled(10, "a", 5);
        proof.polled(20, "a", 7);

        proof.polled(30, null, -1);

        assertThat(proof.provenAt()).isEqualTo(StalenessProof.NEVER);
    }
}
