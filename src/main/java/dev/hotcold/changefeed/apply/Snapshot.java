package dev.hotcold.changefeed.apply;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which transactions a reader sees that begins at a certain moment. A commit is in the log an instant before readers see it,
 * and is acknowledged to its writer only then.
 *
 * @param end number of the first transaction that had not begun, its low 32 bits
 * @param running numbers of those that had begun and not ended, their low 32 bits
 */
public record Snapshot(int end, Set<Integer> running) {

    /**
     * Reads what PostgreSQL's {@code txid_current_snapshot()} returns, such as {@code 100:104:100,102}: the first still
     * running, the first that had not begun, all that were running.
     */
    public static Snapshot parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("not a snapshot: " + text);
        }
        Set<Integer> running = Arrays.stream(parts[2].split(","))
                .filter(number -> !number.isEmpty())
                .map(number -> (int) Long.parseLong(number))
                .collect(Collectors.toSet());
        return new Snapshot((int) Long.parseLong(parts[1]), running);
    }

    /** Whether it sees a transaction that has committed. Numbers wrap around after 2^32. */
    boolean sees(int transaction) {
        return transaction - end < 0 && !running.contains(transaction);
    }
}
