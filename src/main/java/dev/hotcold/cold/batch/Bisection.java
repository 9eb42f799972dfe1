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

// Long: a search from its first failure to its conclusion.
/**
 * Reads that are sent again, in halves, because the query that they shared did not answer them: it failed, perhaps by what one row
 * holds, or its answer did not fit into memory. A query that failed is sent again in halves, and so on, until only the reads
 * fail that must. What was found out is remembered for a while: such an id is read by itself, so that it costs others nothing.
 *
 * <p>Bounded in time, by the budget of the reads, and in queries, by {@link DivisionBudget}; and since the error may belong to the
 * table, a search in which nothing at all is answered ends soon, and for a second there is no other, unless reads are answered.
 *
 * <p>Confined to: its event loop.
 */
public final class Bisection {

    private static final Logger LOG = LoggerFactory.getLogger(Bisection.class);

    /** For how long nothing is divided after a hopeless search, unless reads are answered. */
    static final Duration PAUSE = Duration.ofSeconds(1);

    /** For how long an answer to other reads shows that what fails is a row, and not PostgreSQL. */
    static final Duration RECENTLY = Duration.ofSeconds(5);

    /** Reads that wait to be sent again, together. */
    private final class Part extends DeadlineQueue.Entry {

        private final List<ColdQueue.Read> reads;
        private final Search search;
        private boolean isSettled;

        private Part(List<ColdQueue.Read> reads, Search search) {
            this.reads = reads;
            this.search = search;
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
            waitingParts--;
        }
    }

    private final Loop loop;
    private final StoreHealth health;
    private final DeadlineQueue<Part> deadlines;
    private final ArrayDeque<Part> parts = new ArrayDeque<>();
    private final IsolatedIds isolated;
    private final DivisionBudget divisions;
    private int waiting;
    private int waitingParts;
    private long pausedUntil;
    private long answeredAt;

    /** Queries that failed since one was answered, but for those of ids that were known to fail. */
    private int failures;

    /** @param health is told of an error when nothing was answered beside it */
    public Bisection(RequestBudget budget, StoreHealth health, Loop loop) {
        this.loop = loop;
        this.health = health;
        this.isolated = new IsolatedIds(loop);
        this.deadlines = new DeadlineQueue<>(loop, budget.total());
        this.divisions = new DivisionBudget(loop);
        this.pausedUntil = loop.nanos();
        forgetAnswers();
    }

    /** From now on it counts as long ago that a query was answered. */
    public void forgetAnswers() {
        answeredAt = loop.nanos() - RECENTLY.toNanos();
    }

    /** How many reads wait to be sent again. */
    public int waiting() {
        return waiting;
    }

    /** How many queries they are. */
    int parts() {
        return waitingParts;
    }

    /** How many ids a query may have that is sent for the first time. */
    int maxFreshIds() {
        return divisions.maxFreshIds();
    }

    /** Whether an id is to be read by itself. */
    boolean isAlone(UserId id) {
        return isolated.contains(id);
    }

    /**
     * Takes what is to be sent again next; null = nothing is.
     *
     * @param limit how many reads at most
     */
    DispatchOrder.@Nullable Turn take(int limit) {
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
            return new DispatchOrder.Turn(wanted, part.search);
        }
        return null;
    }

    /** A query was answered. */
    public void answered(ColdBatch batch) {
        if (batch.size() > 0) {
            pausedUntil = loop.nanos();
            countAnswer(batch.search());
        }
        if (batch.size() == 1 && !isolated.isEmpty()) {
            isolated.remove(batch.ids().getFirst());
        }
        ended(batch);
    }

    /** A query was answered for some of its reads; the others are sent again. */
    public void answeredInPart(ColdBatch batch) {
        Search search = searchOf(batch);
        countAnswer(search);
        List<ColdQueue.Read> rest = wanted(batch.reads());
        if (!rest.isEmpty()) {
            add(rest, search);
        }
        ended(batch);
    }

    private void countAnswer(@Nullable Search search) {
        answeredAt = loop.nanos();
        failures = 0;
        if (search != null) {
            search.answers++;
        }
    }

    private static Search searchOf(ColdBatch batch) {
        return batch.search() == null ? new Search() : batch.search();
    }

    /** A query failed, perhaps by what one row holds. */
    public void failed(ColdBatch batch, String problem) {
        failed(batch, problem, searchOf(batch));
    }

    /** A query was answered with rows of which not one fits. */
    public void failedByLength(ColdBatch batch) {
        Search search = searchOf(batch);
        countAnswer(search);
        failed(
                batch,
                "a row is too long for the memory of the service: raise the heap (-Xmx, or the memory limit of the container)",
                search);
    }

    private void failed(ColdBatch batch, String problem, Search search) {
        search.failures++;
        search.problem = problem;
        failures += batch.size() == 1 && isAlone(batch.ids().getFirst()) ? 0 : 1;
        if (batch.size() > 1 && mayDivide(search)) {
            divide(wanted(batch.reads()), search);
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

    private boolean mayDivide(Search search) {
        if (search.isHopeless() || loop.nanos() - pausedUntil < 0) {
            return false;
        }
        boolean may = divisions.take();
        if (!may) {
            LOG.warn(
                    "Too many users cannot be read from PostgreSQL to find each, and others fail with them: {}",
                    search.problem);
        }
        return may;
    }

    private void divide(List<ColdQueue.Read> reads, Search search) {
        int half = (reads.size() + 1) / 2;
        if (reads.size() > half) {
            add(reads.subList(half, reads.size()), search);
        }
        if (half > 0) {
            add(reads.subList(0, half), search);
        }
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
        waitingParts++;
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
        boolean areKnown =
                !search.culprits.isEmpty() && search.culprits.stream().allMatch(this::isAlone);
        if (search.answers > 0 || areKnown || areOthersAnswered()) {
            search.culprits.forEach(isolated::add);
            LOG.warn("Some users cannot be read from PostgreSQL: {}", search.problem);
        } else {
            if (search.isHopeless()) {
                pausedUntil = loop.nanos() + PAUSE.toNanos();
            }
            health.degraded(search.problem);
        }
    }

    private boolean areOthersAnswered() {
        return failures < Search.HOPELESS && loop.nanos() - answeredAt < RECENTLY.toNanos();
    }
}
