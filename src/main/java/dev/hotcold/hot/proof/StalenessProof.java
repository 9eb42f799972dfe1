package dev.hotcold.hot.proof;

import org.jspecify.annotations.Nullable;

/**
 * How old what is read on one connection can be at most, proven by the beats of the change feed.
 *
 * <p>The owner of the feed counts beats in the Redis that it feeds. Before each it asks PostgreSQL, <em>after</em> the beat before
 * was written, where its log ends, and waits until everything up to there is applied. So if a poll that was sent at some moment
 * finds beat n−2 or an earlier one, beat n−1 was written after that moment, and the question before beat n was asked later still:
 * a poll that finds beat n shows that whatever was committed before that moment is visible to it and to every read behind it.
 *
 * <pre>
 *   reader   poll sent (t0) ──► n-2          poll ──► n: all commits before t0 are visible here
 *   Redis            n-2 · · · n-1 · · · · · n
 *   owner                      └─ asks, applies ─┘
 * </pre>
 *
 * <p>Nobody's clock counts but the reader's own, and nobody's word: a connection that leads to another Redis, to a copy that has
 * stopped, or to one that another feed fills, finds no further beats and proves nothing more.
 *
 * <p>Beats are compared within one session of the feed. A count that goes back shows a Redis that has lost what was written: what
 * it proved before is void.
 *
 * <p>Confined to: its event loop.
 */
final class StalenessProof {

    /** Nothing is proven. */
    static final long NEVER = Long.MIN_VALUE;

    /** Beats from the one that a poll has found to the one that proves the moment of that poll. */
    private static final int BEATS = 2;

    private final int beats;
    private @Nullable String session;
    private long beat;

    /** When the last poll was sent that found {@link #beat}, and the one before it. */
    private long sentAtBeat;

    private long sentBeforeBeat;
    private long beatBefore;

    /** Others read it too. */
    private volatile long provenAt = NEVER;

    /** Nothing is proven yet. */
    StalenessProof() {
        this(BEATS);
    }

    /** @param beats how many a proof takes; with fewer than {@value #BEATS} it would be none */
    StalenessProof(int beats) {
        this.beats = beats;
    }

    /** Of another connection nothing is known. */
    void reset() {
        session = null;
        provenAt = NEVER;
    }

    /**
     * A poll has been answered; polls are answered in the order in which they are sent.
     *
     * @param sentAt when it was sent, by the loop's clock
     * @param foundSession of the feed; null = no feed has ever run there
     * @param foundBeat its count
     */
    void polled(long sentAt, @Nullable String foundSession, long foundBeat) {
        if (foundSession == null) {
            reset();
            return;
        }
        if (!foundSession.equals(session)) {
            session = foundSession;
            begin(sentAt, foundBeat);
            return;
        }
        if (foundBeat < beat) {
            provenAt = NEVER;
            begin(sentAt, foundBeat);
            return;
        }
        if (foundBeat == beat) {
            sentAtBeat = sentAt;
            return;
        }
        if (foundBeat - beat >= beats) {
            provenAt = later(provenAt, sentAtBeat);
        } else if (sentBeforeBeat != NEVER && foundBeat - beatBefore >= beats) {
            provenAt = later(provenAt, sentBeforeBeat);
        }
        beatBefore = beat;
        sentBeforeBeat = sentAtBeat;
        beat = foundBeat;
        sentAtBeat = sentAt;
    }

    private void begin(long sentAt, long foundBeat) {
        beat = foundBeat;
        sentAtBeat = sentAt;
        sentBeforeBeat = NEVER;
    }

    private static long later(long a, long b) {
        return a == NEVER || b - a > 0 ? b : a;
    }

    /** Whatever was committed before this moment, by the loop's clock, is visible; {@link #NEVER} = nothing is proven. Thread-safe. */
    long provenAt() {
        return provenAt;
    }
}
