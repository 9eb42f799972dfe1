package dev.hotcold.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Lookups that are sent at the same moment, each over a connection of its own. */
public final class Burst {

    private Burst() {}

    /**
     * Opens all connections, then looks up all users at once.
     *
     * @return in the order of the ids
     */
    public static List<Answer> of(int port, List<String> userIds) {
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
            return answers;
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
            return new Answer(userId, sentAt, Duration.ofNanos(System.nanoTime() - sentAt), response);
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
}
