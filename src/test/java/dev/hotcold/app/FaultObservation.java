package dev.hotcold.app;

import dev.hotcold.testkit.Answer;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What lookups of one kind were answered before, during and after a fault. Times are as {@link System#nanoTime}.
 *
 * @param answers in the order of sending
 * @param struckAt when the fault was about to begin
 * @param begunAt when it had begun in full
 * @param endingAt when it was about to end
 * @param endedAt when it had ended
 */
record FaultObservation(
        LookupKind kind, List<Answer> answers, long struckAt, long begunAt, long endingAt, long endedAt) {

    /** What comes before is the edge of a fault, where answers vary. */
    static final Duration EDGE = Duration.ofSeconds(1);

    /** So many answers in a row as ever are no luck: half a second, and every cached id. */
    private static final int RECOVERED = 25;

    /** An outcome with a smaller share is named only in the file of the measurements. */
    private static final double NOTEWORTHY = 0.1;

    /** Below is "at once": one who waits for a store that fails waits longer. */
    private static final Duration AT_ONCE = Duration.ofMillis(50);

    /** So many are to be answered at once, and a busy machine may hold up the rest. */
    private static final double MOST = 0.8;

    /** What was sent in the first moments of the fault. */
    List<Answer> edge() {
        return answers.stream()
                .filter(answer -> answer.dueAt() >= struckAt && answer.dueAt() < begunAt + EDGE.toNanos())
                .toList();
    }

    /** What was sent after these and answered before the fault ended. */
    List<Answer> steady() {
        return answers.stream()
                .filter(answer -> answer.dueAt() >= begunAt + EDGE.toNanos() && answer.answeredAt() < endingAt)
                .toList();
    }

    /**
     * What the steady state was, in words that do not change from run to run.
     *
     * @param ofRedis whether Redis fails. If PostgreSQL does, it is a matter of moments whether the change feed goes on; where it
     *     does not, hits are unproven, and PostgreSQL is asked first
     */
    String words(boolean ofRedis) {
        List<Answer> steady = steady();
        if (kind == LookupKind.HIT && !ofRedis && steady.stream().allMatch(answer -> answer.status() == 200)) {
            return "200, within the budget";
        }
        Map<String, Long> outcomes = outcomes(steady, FaultObservation::outcome);
        String often = outcomes.entrySet().stream()
                .filter(outcome -> outcome.getValue() >= NOTEWORTHY * steady.size())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(" or "));
        boolean atOnce = Answer.quantile(steady, MOST).compareTo(AT_ONCE) < 0;
        return often + (atOnce ? ", at once" : ", within the budget");
    }

    /**
     * From the end of the fault to the first of the answers that were all as ever from then on; empty = that is not yet
     * so.
     */
    Optional<Duration> recovery() {
        int first = answers.size();
        while (first > 0 && kind.isAsEver(answers.get(first - 1).response())) {
            first--;
        }
        List<Answer> asEver = answers.subList(first, answers.size());
        if (asEver.stream().filter(answer -> answer.answeredAt() > endedAt).count() < RECOVERED) {
            return Optional.empty();
        }
        long late = asEver.stream().mapToLong(Answer::answeredAt).min().orElseThrow() - endedAt;
        return Optional.of(Duration.ofNanos(Math.max(0, late)));
    }

    /** What was measured in some of the answers. */
    static String measured(List<Answer> answers) {
        String outcomes = outcomes(answers, answer -> answer.status() + " " + answer.cacheStatus()).entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .map(outcome -> outcome.getValue() + " × " + outcome.getKey().strip())
                .collect(Collectors.joining(", "));
        return "%s; median %.1f ms, four of five within %.1f ms, slowest %.0f ms"
                .formatted(
                        outcomes,
                        Answer.quantile(answers, 0.5).toNanos() / 1e6,
                        Answer.quantile(answers, MOST).toNanos() / 1e6,
                        Answer.quantile(answers, 1).toNanos() / 1e6);
    }

    private static Map<String, Long> outcomes(List<Answer> answers, Function<Answer, String> name) {
        return answers.stream().collect(Collectors.groupingBy(name, TreeMap::new, Collectors.counting()));
    }

    private static String outcome(Answer answer) {
        if (answer.status() != 200) {
            return Integer.toString(answer.status());
        }
        String layer = answer.cacheStatus().startsWith("redis; hit") ? "200 from Redis" : "200 from PostgreSQL";
        return answer.cacheStatus().contains("detail=stale") ? layer + ", stale" : layer;
    }
}
