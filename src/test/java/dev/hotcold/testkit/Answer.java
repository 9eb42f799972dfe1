package dev.hotcold.testkit;

import java.time.Duration;
import java.util.List;

/**
 * A lookup of a load, and its response.
 *
 * @param dueAt when it was to be sent, as {@link System#nanoTime}
 * @param took from then to the last byte of the response, as the client sees it
 */
public record Answer(String userId, long dueAt, Duration took, Response response) {

    /** When it was answered, as {@link System#nanoTime}. */
    public long answeredAt() {
        return dueAt + took.toNanos();
    }

    public int status() {
        return response.status();
    }

    /** The Cache-Status header; "" = none. */
    public String cacheStatus() {
        return response.header("Cache-Status");
    }

    /** The quantile of how long answers took; zero when there are none. */
    public static Duration quantile(List<Answer> answers, double quantile) {
        List<Duration> sorted = answers.stream().map(Answer::took).sorted().toList();
        return sorted.isEmpty()
                ? Duration.ZERO
                : sorted.get((int) Math.min(sorted.size() - 1L, (long) (sorted.size() * quantile)));
    }
}
