package dev.hotcold.hot;

import dev.hotcold.hot.ReadBatch.Read;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads on their way through Redis: queued, sent in batches, answered; see {@link RedisHotStore} for the bounds.
 *
 * <p>A batch is under way from its sending until its reply comes or its connection breaks, also when its deadline has
 * settled its reads meanwhile; it is then overdue, and as long as one is, the pipeline is stalled. A batch whose
 * connection broke is lost until it is sent again, or its deadline comes.
 *
 * <p>Confined to: its event loop.
 */
final class ReadPipeline {

    private static final Logger LOG = LoggerFactory.getLogger(ReadPipeline.class);

    /** Keys in one MGET: enough to share its cost, few enough that one reply stays short. */
    private static final int MAX_BATCH = 512;

    private final LookupObserver observer;
    private final Loop loop;
    private final StoreHealth health;
    private final RedisBreaker breaker;
    private final MissRatio misses;
    private final Freshness freshness;
    private final BiConsumer<UserId, UserJson> hit;
    private final int maxInFlight;
    private final int maxResends;
    private final Runnable somethingToSend;
    private final DeadlineQueue<Read> waiting;
    private final DeadlineQueue<ReadBatch> sent;
    private final ReadBatch.Events events = new BatchEvents();
    private final Consumer<Read> waitedTooLong = this::waitedTooLong;

    private final ArrayDeque<Read> queue = new ArrayDeque<>();
    private final List<ReadBatch> lost = new ArrayList<>();
    private int inFlight;
    private int overdue;

    /**
     * @param hit hears of each user that was found
     * @param maxInFlight batches under way at once; 1 or more
     * @param maxResends how often a batch is sent again; 0 = never
     * @param queueTime how long a read may wait for a place
     * @param replyTime how long a batch may wait for its reply
     * @param somethingToSend called when queued reads or lost batches could be sent
     */
    ReadPipeline(
            LookupObserver observer,
            StoreHealth health,
            RedisBreaker breaker,
            MissRatio misses,
            Loop loop,
            Freshness freshness,
            BiConsumer<UserId, UserJson> hit,
            int maxInFlight,
            int maxResends,
            Duration queueTime,
            Duration replyTime,
            Runnable somethingToSend) {
        this.observer = observer;
        this.loop = loop;
        this.health = health;
        this.breaker = breaker;
        this.misses = misses;
        this.freshness = freshness;
        this.hit = hit;
        this.maxInFlight = maxInFlight;
        this.maxResends = maxResends;
        this.somethingToSend = somethingToSend;
        this.waiting = new DeadlineQueue<>(loop, queueTime);
        this.sent = new DeadlineQueue<>(loop, replyTime);
    }

    /** Whether a reply is owed beyond its time. */
    boolean isStalled() {
        return overdue > 0;
    }

    /** Queues a read. */
    void add(UserId id, Completion<HotRead> reader) {
        queue.add(new Read(id, reader, waitedTooLong));
    }

    /** Makes batches of what is queued, as far as there are places, and adds their commands. */
    void sendInto(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        while (inFlight < maxInFlight) {
            List<Read> reads = nextReads();
            if (reads.isEmpty()) {
                break;
            }
            ReadBatch batch = new ReadBatch(reads, breaker.sent(), events);
            inFlight++;
            sent.add(batch);
            observer.hotBatchSent(reads.size());
            outgoing.add(batch.toCommand());
        }
        letTheRestWait();
    }

    /** Adds the commands of lost batches whose time has not come. */
    void resendInto(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        List<ReadBatch> again = List.copyOf(lost);
        lost.clear();
        for (ReadBatch batch : again) {
            inFlight++;
            observer.hotBatchSent(batch.reads().size());
            outgoing.add(batch.toCommand());
        }
    }

    private List<Read> nextReads() {
        List<Read> reads = new ArrayList<>(Math.min(queue.size(), MAX_BATCH));
        Read read;
        while (reads.size() < MAX_BATCH && (read = queue.poll()) != null) {
            if (!read.isSettled()) {
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

    private void waitedTooLong(Read read) {
        observer.hotReadsFailed(1, Failure.OVERLOADED);
        read.fail(new StoreFailure("Redis", Failure.OVERLOADED));
    }

    private void failReads(ReadBatch batch, Failure why) {
        batch.settle();
        observer.hotReadsFailed(batch.reads().size(), why);
        StoreFailure failure = new StoreFailure("Redis", why);
        for (Read read : batch.reads()) {
            read.fail(failure);
        }
    }

    private final class BatchEvents implements ReadBatch.Events {

        @Override
        public void replied(ReadBatch batch, MgetOutput reply) {
            landed(batch);
            if (reply.hasError()) {
                if (!batch.isSettled()) {
                    breaker.failed(batch.sending());
                    health.degraded("replies by an error: " + reply.getError());
                    failReads(batch, Failure.ERROR_REPLY);
                }
            } else {
                health.recovered();
                if (!batch.isSettled()) {
                    batch.settle();
                    breaker.answered(batch.sending());
                    deliver(batch, reply);
                }
            }
        }

        @Override
        public void broke(ReadBatch batch, Throwable failure) {
            landed(batch);
            if (!batch.isSettled()) {
                if (batch.sendings() <= maxResends) {
                    lost.add(batch);
                    somethingToSend.run();
                } else {
                    breaker.failed(batch.sending());
                    failReads(batch, Failure.DISCONNECTED);
                }
            }
        }

        @Override
        public void expired(ReadBatch batch) {
            if (!lost.remove(batch)) {
                overdue++;
                health.degraded("no reply in time");
            }
            breaker.failed(batch.sending());
            failReads(batch, Failure.TIMEOUT);
        }

        private void landed(ReadBatch batch) {
            inFlight--;
            if (batch.isOverdue()) {
                overdue--;
            }
            observer.hotBatchEnded(loop.nanos() - batch.sending().sentAt());
            if (!queue.isEmpty()) {
                somethingToSend.run();
            }
        }

        private void deliver(ReadBatch batch, MgetOutput reply) {
            List<Read> reads = batch.reads();
            for (int i = 0; i < reads.size(); i++) {
                Read read = reads.get(i);
                try {
                    read.succeed(outcome(read.id(), reply.value(i)));
                } catch (RuntimeException unforeseen) {
                    // The reads behind this one in the batch have nothing to do with it.
                    LOG.error("A read of the hot store failed in an unforeseen way", unforeseen);
                    read.succeed(HotRead.Miss.MISS);
                }
            }
        }

        private HotRead outcome(UserId id, byte @Nullable [] value) {
            misses.add(value == null);
            if (value == null) {
                return HotRead.Miss.MISS;
            }
            UserJson user = CachedValue.read(id, value);
            if (user == null) {
                observer.hotValueRejected();
                return HotRead.Miss.MISS;
            }
            hit.accept(id, user);
            return freshness.judge(user);
        }
    }
}
