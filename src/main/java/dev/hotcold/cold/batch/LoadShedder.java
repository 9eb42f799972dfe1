package dev.hotcold.cold.batch;

import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.loop.AnswerSizes;
import dev.hotcold.loop.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Fits what PostgreSQL is sent to what it can take at the moment, so that what it answers is still of use to its caller. Two
 * bounds follow from what queries cost ({@link QueryCost}): how many ids the next one may have, and how long a read may be
 * expected to wait for its query; beyond that it is shed at once. Ids are bounded also by what answers take of the heap
 * ({@link AnswerSizes}).
 *
 * <p>Confined to: its event loop.
 */
public final class LoadShedder {

    /** Ids in one query, at most. */
    static final int MAX_IDS = 256;

    private final RequestBudget budget;
    private final int connections;
    private final Loop loop;
    private final long answerBytes;
    private QueryCost cost;
    private AnswerSizes sizes;
    private final List<ColdBatch> inFlight = new ArrayList<>();
    private int maxIds = MAX_IDS;

    /**
     * @param connections how many queries may be in flight at once
     * @param answerBytes of one answer, at most
     */
    public LoadShedder(RequestBudget budget, int connections, long answerBytes, Loop loop) {
        this.budget = budget;
        this.connections = connections;
        this.loop = loop;
        this.answerBytes = answerBytes;
        this.cost = new QueryCost(MAX_IDS, budget.queryTarget());
        this.sizes = new AnswerSizes(MAX_IDS, answerBytes);
    }

    /** Forgets what queries have cost. */
    public void forget() {
        cost = new QueryCost(MAX_IDS, budget.queryTarget());
        sizes = new AnswerSizes(MAX_IDS, answerBytes);
        fit();
    }

    /** How many ids the next query may have; 1 or more. */
    public int maxIds() {
        return maxIds;
    }

    /** A query was sent. */
    public void sent(ColdBatch batch) {
        inFlight.add(batch);
    }

    /** A query has ended, in whatever way. */
    public void ended(ColdBatch batch) {
        inFlight.remove(batch);
    }

    /**
     * A query was answered before its deadline, after so long.
     *
     * @param ids that PostgreSQL was asked for; 0: it was a probe
     */
    public void answered(int ids, long nanos) {
        cost.add(ids, nanos);
        fit();
    }

    /** An answer to so many ids had so many bytes. */
    public void measured(int ids, long bytes) {
        sizes.add(ids, bytes);
        fit();
    }

    /** An answer did not fit; so many ids, with so many bytes, did. */
    public void measuredCut(int ids, long bytes) {
        sizes.addCut(ids, bytes);
        fit();
    }

    private void fit() {
        maxIds = Math.min(cost.maxIds(), sizes.maxIds());
    }

    /** A query has run past its deadline. */
    public void givenUp(ColdBatch batch) {
        cost.addGivenUp(batch.size(), budget.query().toNanos());
        fit();
    }

    /**
     * Whether a read that came now would be answered too late, as far as can be estimated.
     *
     * @param queries that are sent before its own
     * @param ids of these queries, altogether
     */
    boolean sheds(int queries, int ids) {
        if (inFlight.size() < connections) {
            return false;
        }
        long query = cost.nanos(maxIds);
        long ahead = cost.nanos(queries, ids) / connections;
        return nextEnd() + ahead > budget.expectedWait(Duration.ofNanos(query)).toNanos();
    }

    /** Nanoseconds until one of the queries in flight is expected to end. */
    private long nextEnd() {
        long now = loop.nanos();
        long next = budget.query().toNanos();
        for (ColdBatch batch : inFlight) {
            next = Math.min(next, batch.sentAt() + cost.nanos(batch.size()) - now);
        }
        return Math.max(0, next);
    }
}
