package dev.hotcold.testkit;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;

/**
 * Lookups at a steady rate, each sent when it is due, whether or not earlier ones are answered. Times count from
 * the moment when a lookup was due, so that a sender that comes late hides nothing. Thread-safe.
 */
public final class SteadyLoad implements AutoCloseable {

    private static final int MOST_CONNECTIONS = 2000;

    /** Longer than that of {@link Http}, which ends every request. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final int port;
    private final long interval;
    private final LongFunction<String> userIds;
    private final Http http = Http.http1(MOST_CONNECTIONS);
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private final Thread sender;
    private volatile boolean goesOn = true;

    private SteadyLoad(int port, int perSecond, LongFunction<String> userIds) {
        this.port = port;
        this.interval = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.userIds = userIds;
        this.sender = Thread.ofPlatform().name("steady-load").start(this::sendAll);
    }

    /**
     * Begins.
     *
     * @param userIds the id for the lookup of that number, from 0
     */
    public static SteadyLoad begin(int port, int perSecond, LongFunction<String> userIds) {
        return new SteadyLoad(port, perSecond, userIds);
    }

    private void sendAll() {
        long beganAt = System.nanoTime();
        try {
            for (long i = 0; goesOn; i++) {
                long dueAt = beganAt + i * interval;
                // The load's pace, and no wait for anything.
                TimeUnit.NANOSECONDS.sleep(dueAt - System.nanoTime());
                send(userIds.apply(i), dueAt);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(String userId, long dueAt) {
        sent.incrementAndGet();
        http.send("GET", port, "/v1/users?user_id=" + userId).onComplete(result -> {
            if (result.succeeded()) {
                Duration took = Duration.ofNanos(System.nanoTime() - dueAt);
                answers.add(new Answer(userId, dueAt, took, result.result()));
            } else {
                failures.add(result.cause());
            }
            ended.incrementAndGet();
        });
    }

    /** What was answered so far, in the order of sending. Fails when a lookup has got no response. */
    public List<Answer> answers() {
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " lookups got no response, one of them:", failures.peek());
        }
        return answers.stream().sorted(Comparator.comparingLong(Answer::dueAt)).toList();
    }

    /** How many answered lookups were due at that time, as {@link System#nanoTime}, or later. */
    public long answeredSince(long time) {
        return answers.stream().filter(answer -> answer.dueAt() >= time).count();
    }

    /** Sends no more, waits for the last response and returns all. Fails when a lookup has got no response. */
    public List<Answer> end() {
        stop();
        return answers();
    }

    private void stop() {
        goesOn = false;
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        await().atMost(PATIENCE).until(() -> ended.get() == sent.get());
    }

    @Override
    public void close() {
        stop();
        http.close();
    }
}
