package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.hot.link.RequestSource;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.AnswerSizes;
import dev.hotcold.loop.AnswersInMemory;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads on their way through a Redis node: all of a turn travel as one MGET, as far as its reply fits into memory. At most so
 * many batches are in flight; reads that find no place wait, in ever larger batches, and not for long.
 *
 * <p>Confined to: its event loop.
 */
public final class Reads implements RequestSource {

    private static final Logger LOG = LoggerFactory.getLogger(Reads.class);

    /** Keys in one MGET: enough to share its cost, few enough that one reply stays short. */
    private static final int MAX_BATCH = 512;

    /** Hears of users that reads have found. */
    public interface Found {

        void found(UserId id, CachedUser user);
    }

    private final RedisLink link;
    private final Loop loop;
    private final LookupObserver observer;
    private final MissRatio misses;
    private final SoftTtl softTtl;
    private final Found found;
    private final byte[][] keyBeginnings;
    private final int maxInFlight;
    private final DeadlineQueue<Read> waiting;
    private final ArrayDeque<Read> queue = new ArrayDeque<>();
    private final AnswerSizes sizes = new AnswerSizes(
            MAX_BATCH, AnswersInMemory.perAnswer(Runtime.getRuntime().maxMemory()));

    /** Halved whenever a batch breaks its connection, which a reply that is too long does, and doubled by each that is answered. */
    private int unbroken = MAX_BATCH;

    private int inFlight;

    /** @param bounds of this loop */
    public Reads(
            RedisLink link,
            Loop loop,
            LookupObserver observer,
            MissRatio misses,
            SoftTtl softTtl,
            Found found,
            Bounds bounds) {
        this.link = link;
        this.loop = loop;
        this.observer = observer;
        this.misses = misses;
        this.softTtl = softTtl;
        this.found = found;
        this.keyBeginnings = MgetKeys.beginnings(link.keys());
        this.maxInFlight = bounds.maxInFlight();
        this.waiting = new DeadlineQueue<>(loop, bounds.queueTime());
    }

    /**
     * Bounds of one loop's reads.
     *
     * @param maxInFlight batches that wait for a reply; 1 or more
     * @param queueTime how long a read may wait for a place among them
     */
    public record Bounds(int maxInFlight, Duration queueTime) {}

    /** Reads a user; fails when Redis cannot be read in time. */
    public void read(UserId id, Completion<HotRead> outcome) {
        assert loop.isCurrent();
        queue.add(new Read(this, id, outcome));
        link.flushAtEndOfTurn();
    }

    @Override
    public void enqueueDue() {
        link.enqueueLost();
        while (inFlight < maxInFlight) {
            List<Read> reads = nextReads();
            if (reads.isEmpty()) {
                break;
            }
            inFlight(reads.size());
            link.enqueue(new ReadBatch(this, reads));
        }
        letTheRestWait();
    }

    private List<Read> nextReads() {
        int most = Math.min(unbroken, sizes.maxIds());
        List<Read> reads = new ArrayList<>(Math.min(queue.size(), most));
        Read read;
        while (reads.size() < most && (read = queue.poll()) != null) {
            if (read.take()) {
                reads.add(read);
            }
        }
        return reads;
    }

    /** From the newest back to the first that waits already: the older ones all do. */
    private void letTheRestWait() {
        Iterator<Read> newestFirst = queue.descendingIterator();
        while (newestFirst.hasNext()) {
            Read read = newestFirst.next();
            if (!read.beginWaiting()) {
                break;
            }
            waiting.add(read);
        }
    }

    /** How many values a reply may have, by how long they are. */
    public AnswerSizes sizes() {
        return sizes;
    }

    /** For the keys of so many users. */
    MgetKeys keys(int count) {
        return new MgetKeys(keyBeginnings, count);
    }

    void waitedTooLong(Read read) {
        observer.hotReadsFailed(1, Failure.OVERLOADED);
        read.fail(new StoreFailure("Redis", Failure.OVERLOADED));
    }

    /** A batch is on its way. */
    void inFlight(int keys) {
        inFlight++;
        observer.hotBatchSent(keys);
    }

    /** A batch is no longer in flight. */
    void released(long sentAt) {
        inFlight--;
        observer.hotBatchEnded(loop.nanos() - sentAt);
        if (!queue.isEmpty()) {
            link.flushAtEndOfTurn();
        }
    }

    void failed(List<Read> reads, Failure why) {
        observer.hotReadsFailed(reads.size(), why);
        if (why == Failure.DISCONNECTED) {
            unbroken = Math.max(1, reads.size() / 2);
        }
        StoreFailure failure = new StoreFailure("Redis", why);
        for (Read read : reads) {
            read.fail(failure);
        }
    }

    void deliver(List<Read> reads, ValuesReply reply) {
        measure(reads.size(), reply);
        for (int i = 0; i < reads.size(); i++) {
            Read read = reads.get(i);
            try {
                read.complete(outcome(read.id(), reply.value(i)));
            } catch (RuntimeException unforeseen) {
                // The reads behind this one in the batch must not suffer from it.
                LOG.error("A read of Redis failed unexpectedly", unforeseen);
                read.complete(HotRead.Miss.MISS);
            }
        }
    }

    private void measure(int keys, ValuesReply reply) {
        int values = 0;
        long bytes = 0;
        for (int i = 0; i < keys; i++) {
            byte[] value = reply.value(i);
            if (value != null) {
                values++;
                bytes += value.length;
            }
        }
        if (values > 0) {
            sizes.add(values, bytes);
        }
        unbroken = Math.min(MAX_BATCH, 2 * unbroken);
    }

    private HotRead outcome(UserId id, byte @Nullable [] value) {
        misses.add(value == null);
        if (value == null) {
            return HotRead.Miss.MISS;
        }
        CachedUser user = CachedUserCodec.read(id, value);
        if (user == null) {
            observer.hotValueRejected();
            return HotRead.Miss.MISS;
        }
        found.found(id, user);
        return softTtl.judge(user);
    }
}
