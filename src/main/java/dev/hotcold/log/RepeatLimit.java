package dev.hotcold.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Decides which lines the log shows: of each {@link LineKind} one a minute, the first at once. Lines of one subject share a
 * count of what was held back. The next line that is shown of the subject tells it; if there is none, the last line that was held
 * back is shown with the count when its minute is over. So the last line shown of a subject is always its last state.
 *
 * <p>Not thread-safe.
 */
final class RepeatLimit {

    static final Duration PERIOD = Duration.ofMinutes(1);

    /** How many subjects are told apart; lines of further ones count as one. */
    static final int MAX_SUBJECTS = 256;

    /** How many kinds of lines are told apart for a subject. */
    static final int MAX_KINDS = 32;

    private static final String OTHERS = "";

    private final Map<String, Subject> subjects = new HashMap<>();

    /**
     * A line that was held back.
     *
     * @param count how many lines were, this one among them
     */
    record Held(ILoggingEvent last, int count) {}

    /**
     * Takes a line.
     *
     * @param now in nanoseconds, on any clock that does not go back
     * @return how many lines of its subject were held back since one was shown; empty: so is this one
     */
    OptionalInt offer(LineKind kind, ILoggingEvent line, long now) {
        String name = subjects.containsKey(kind.subject()) || subjects.size() < MAX_SUBJECTS ? kind.subject() : OTHERS;
        Subject subject = subjects.computeIfAbsent(name, created -> new Subject());
        return subject.offer(name.equals(OTHERS) ? OTHERS : kind.kind(), line, now);
    }

    /** What was held back for so long that it is to be shown now, the oldest first. */
    List<Held> due(long now) {
        List<Held> due = new ArrayList<>();
        subjects.values().removeIf(subject -> subject.isForgotten(now));
        subjects.values().forEach(subject -> subject.due(now, due));
        due.sort(Comparator.comparing(held -> held.last().getInstant()));
        return due;
    }

    /** All that is held back. */
    List<Held> all(long now) {
        List<Held> all = new ArrayList<>();
        subjects.values().forEach(subject -> subject.all(now, all));
        return all;
    }

    private static final class Subject {

        private final Map<String, Long> shownAt = new HashMap<>();
        private int held;
        private @Nullable ILoggingEvent last;
        private String kindOfLast = OTHERS;

        private OptionalInt offer(String kind, ILoggingEvent line, long now) {
            String name = shownAt.containsKey(kind) || shownAt.size() < MAX_KINDS ? kind : OTHERS;
            if (isOver(name, now)) {
                int before = held;
                shown(name, now);
                return OptionalInt.of(before);
            }
            held++;
            last = line;
            kindOfLast = name;
            return OptionalInt.empty();
        }

        private void due(long now, List<Held> due) {
            if (isOver(kindOfLast, now)) {
                all(now, due);
            }
        }

        private void all(long now, List<Held> all) {
            if (last != null) {
                all.add(new Held(last, held));
                shown(kindOfLast, now);
            }
        }

        private void shown(String kind, long now) {
            shownAt.put(kind, now);
            held = 0;
            last = null;
        }

        private boolean isOver(String kind, long now) {
            Long at = shownAt.get(kind);
            return at == null || now - at >= PERIOD.toNanos();
        }

        private boolean isForgotten(long now) {
            shownAt.values().removeIf(at -> last == null && now - at >= PERIOD.toNanos());
            return last == null && shownAt.isEmpty();
        }
    }
}
