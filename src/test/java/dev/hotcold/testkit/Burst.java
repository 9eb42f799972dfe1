package dev.hotcold.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Lookups that were sent at the same moment, each over a connection of its own.
 *
 * @param answers in the order of the ids
 */
public record Burst(List<Answer> answers) {

    /**
     * One answer of the burst.
     *
     * @param took from the sending of the request to the last byte of the response, as the client sees it
     */
    public record Answer(Response response, Duration took) {}

    /** Opens all connections, then looks up all users at once. */
    public static Burst of(int port, List<String> userIds) {
        CountDownLatch connected = new CountDownLatch(userIds.size());
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Answer>> pending = new ArrayList<>();
            for (String userId : userIds) {
                pending.add(clients.submit(() -> lookup(port, userId, connected)));
            }
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> answer : pending) {
                answers.add(answer.get());
            }
            return new Burst(answers);
        } catch (ExecutionException failure) {
            throw new IllegalStateException(failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static Answer lookup(int port, String userId, CountDownLatch connected) throws InterruptedException {
        try (RawClient client = connect(port, connected)) {
            connected.await();
            long sentAt = System.nanoTime();
            Response response = client.lookup(userId);
            return new Answer(response, Duration.ofNanos(System.nanoTime() - sentAt));
        }
    }

    /** Counts down on failure as well: the others would wait for ever. */
    private static RawClient connect(int port, CountDownLatch connected) {
        try {
            return RawClient.connect(port);
        } finally {
            connected.countDown();
        }
    }

    /** The time that half of the answers took at most. */
    public Duration median() {
        List<Duration> sorted = sorted();
        return sorted.get(sorted.size() / 2);
    }

    /** The time that the slowest answer took. */
    public Duration slowest() {
        return sorted().getLast();
    }

    private List<Duration> sorted() {
        return answers.stream().map(Answer::took).sorted().toList();
    }
}
