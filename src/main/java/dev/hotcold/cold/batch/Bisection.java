package dev.hotcold.cold.batch;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads that are sent once more, because the query that they shared did not answer them: it failed, perhaps by what one row
 * holds, or its answer did not fit into memory. A query that failed is sent again in halves, and so on, until only the reads
 * fail that must. What was found out is remembered for a while: such an id is read by itself, so that it costs others nothing.
 *
 * <p>Bounded in time, by the budget of the reads, and in queries, for the error may belong to the table: a search in which nothing at
 * all is answered ends soon, and for a second there is no other.
 *
 * <p>Confined to: its event loop.
 */
public final class Bisection {

    private static final Logger LOG = LoggerFactory.getLogger(Bisection.class);

    /** Queries of one search that fail; five ids among 256 are found with half as many. */
    static final int MOST_FAILURES = 128;

    /** Queries of one search that fail while none succeeds: then it is not the rows. To find one id takes nine. */
    static final int HOPELESS = 24;

    /** How long it is not tried again after that, unless reads are answered. */
    static final Duration PAUSE = Duration.ofSeconds(1);

    /**
     * What is known of a query that failed, and of those that were made of it.
     *
     * <p>Confined to: its event loop.
     */
    static final class Search {

        private final List<UserId> culprits = new ArrayList<>();
        private String problem = "";
        private int failures;
        private int answers;
        private int outstanding;

        private boolean mayGoOn() {
            return failures < MOST_FAILURES && !isHopeless();
        }

        private boolean isHopeless() {
            return answers == 0 && failures >= HOPELESS;
        }
    }

    /** Reads that wait to be sent again, together. */
    final class Part extends DeadlineQueue.Entry {

        private final List<ColdQueue.Read> reads;
        private final Search search;
        private boolean isSettled;

        private Part(List<ColdQueue.Read> reads, Search search) {
            this.reads = reads;
            this.search = search;
        }

        List<ColdQueue.Read> reads() {
            return reads;
        }

        Search search() {
            return search;
        }

        @Override
        protected boolean isSettled() {
            return isSettled;
        }

        @Override
        protected void expire() {
            fail(Failure.TIMEOUT);
        }

        private void fail(Failure why) {
            settle();
            reads.forEach(read -> read.fail(why));
            end(search);
        }

        private void settle() {
            isSettled = true;
            waiting -= reads.size();
        }
    }

    private final Loop loop;
    private final StoreHealth health;
    private final DeadlineQueue<Part> deadlines;
    private final ArrayDeque<Part> parts = new ArrayDeque<>();

    private final IsolatedIds isolated;
    private int waiting;
    private long pausedUntil;

    /** @param health is told of an error when nothing was answered beside it */
    public Bisection(RequestBudget budget, StoreHealth health, Loop loop) {
        this.loop = loop;
        this.health = health;
        this.isolated = new IsolatedIds(loop);
        this.deadlines = new DeadlineQueue<>(loop, budget.total());
        this.pausedUntil = loop.nanos();
    }

    /** How many reads wait to be sent again. */
    public int waiting() {
        return waiting;
    }

    /** Whether an id is to be read by itself. */
    public boolean isAlone(UserId id) {
        return isolated.contains(id);
    }

    /**
     * Takes what is to be sent again next.
     *
     * @param limit how many reads at most
     * @return null = nothing is
     */
    @Nullable Part take(int limit) {
        Part part;
        while ((part = parts.pollFirst()) != null) {
            if (part.isSettled) {
                continue;
            }
            part.settle();
            List<ColdQueue.Read> wanted = wanted(part.reads);
            if (wanted.isEmpty()) {
                end(part.search);
                continue;
            }
            if (wanted.size() > limit) {
                add(wanted.subList(limit, wanted.size()), part.search);
                wanted = wanted.subList(0, limit);
            }
            return new Part(wanted, part.search);
        }
        return null;
    }

    /** A query was answered. */
    public void answered(ColdBatch batch) {
        if (batch.size() > 0) {
            pausedUntil = loop.nanos();
        }
        if (batch.size() == 1 && !isolated.isEmpty()) {
            isolated.remove(batch.ids().getFirst());
        }
        if (batch.search() != null) {
            batch.search().answers++;
        }
        ended(batch);
    }

    /** A query was answered for some of its reads; the others are sent again. */
    public void answeredInPart(ColdBatch batch) {
        Search search = batch.search() == null ? new Search() : batch.search();
        search.answers++;
        List<ColdQueue.Read> rest = wanted(batch.reads());
        if (!rest.isEmpty()) {
            add(rest, search);
        }
        ended(batch);
    }

    /** A query failed, perhaps by what one row holds. */
    public void failed(ColdBatch batch, String problem) {
        failed(batch, problem, batch.search() == null ? new Search() : batch.search());
    }

    /** A query was answered with rows of which not one fits. */
    public void failedByLength(ColdBatch batch) {
        Search search = batch.search() == null ? new Search() : batch.search();
        search.answers++;
        failed(
                batch,
                "a row is too long for the memory of the service: raise the heap (-Xmx, or the memory limit of the container)",
                search);
    }

    private void failed(ColdBatch batch, String problem, Search search) {
        search.failures++;
        search.problem = problem;
        List<ColdQueue.Read> wanted = wanted(batch.reads());
        if (batch.size() > 1 && search.mayGoOn() && loop.nanos() - pausedUntil >= 0) {
            int half = (wanted.size() + 1) / 2;
            if (wanted.size() > half) {
                add(wanted.subList(half, wanted.size()), search);
            }
            if (half > 0) {
                add(wanted.subList(0, half), search);
            }
        } else {
            if (batch.size() == 1) {
                search.culprits.add(batch.ids().getFirst());
            }
            batch.fail(Failure.ERROR_REPLY);
        }
        if (batch.search() == null) {
            concludeIfOver(search);
        }
        ended(batch);
    }

    /** A query has ended in another way. */
    public void ended(ColdBatch batch) {
        if (batch.search() != null) {
            end(batch.search());
        }
    }

    /** Fails all that wait. */
    public void failAll(Failure why) {
        Part part;
        while ((part = parts.pollFirst()) != null) {
            if (!part.isSettled) {
                part.fail(why);
            }
        }
    }

    private void add(List<ColdQueue.Read> reads, Search search) {
        Part part = new Part(reads, search);
        search.outstanding++;
        waiting += reads.size();
        parts.addFirst(part);
        deadlines.add(part);
    }

    /** Those that callers wait for still; the others are failed. */
    private static List<ColdQueue.Read> wanted(List<ColdQueue.Read> reads) {
        List<ColdQueue.Read> wanted = new ArrayList<>(reads.size());
        for (ColdQueue.Read read : reads) {
            if (read.isWanted()) {
                wanted.add(read);
            } else {
                read.fail(Failure.TIMEOUT);
            }
        }
        return wanted;
    }

    private void end(Search search) {
        search.outstanding--;
        concludeIfOver(search);
    }

    private void concludeIfOver(Search search) {
        if (search.outstanding > 0 || search.failures == 0) {
            return;
        }
        boolean isKnown = search.culprits.size() == 1 && isAlone(search.culprits.getFirst());
        if (search.answers > 0 || isKnown) {
            search.culprits.forEach(isolated::add);
            LOG.warn("Some users cannot be read from PostgreSQL, while others can: {}", search.problem);
        } else {
            if (search.isHopeless()) {
                pausedUntil = loop.nanos() + PAUSE.toNanos();
            }
            health.degraded(search.problem);
        }
    }
}
