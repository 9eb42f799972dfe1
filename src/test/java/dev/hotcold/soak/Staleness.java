package dev.hotcold.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How long after a commit older versions were still read. Each user has one writer, so that its versions are committed in
 * their order.
 *
 * <p>Confined to: one thread; logs of several are added up after they have ended.
 */
final class Staleness {

    /**
     * A version that was committed.
     *
     * @param at when its writer knew it
     */
    private record Commit(long version, long at) {}

    /** A version that was read. */
    private record Read(long version, long beganAt, long endedAt) {}

    private final Map<String, List<Commit>> commits = new HashMap<>();
    private final Map<String, List<Read>> reads = new HashMap<>();

    void committed(String id, long version, long at) {
        commits.computeIfAbsent(id, none -> new ArrayList<>()).add(new Commit(version, at));
    }

    void read(String id, long version, long beganAt, long endedAt) {
        reads.computeIfAbsent(id, none -> new ArrayList<>()).add(new Read(version, beganAt, endedAt));
    }

    void add(Staleness other) {
        other.commits.forEach((id, some) ->
                commits.computeIfAbsent(id, none -> new ArrayList<>()).addAll(some));
        other.reads.forEach((id, some) ->
                reads.computeIfAbsent(id, none -> new ArrayList<>()).addAll(some));
    }

    long reads() {
        return reads.values().stream().mapToLong(List::size).sum();
    }

    /** For each commit, from it to the end of the last read that began after it and found an older version; sorted. */
    Duration[] delays() {
        List<Duration> delays = new ArrayList<>();
        commits.forEach((id, ofId) -> {
            long[] lastOld = new long[ofId.size()];
            for (Read read : reads.getOrDefault(id, List.of())) {
                for (int i = firstNewer(ofId, read.version); i < ofId.size() && ofId.get(i).at < read.beganAt; i++) {
                    lastOld[i] = Math.max(lastOld[i], read.endedAt - ofId.get(i).at);
                }
            }
            Arrays.stream(lastOld).mapToObj(Duration::ofNanos).forEach(delays::add);
        });
        return delays.stream().sorted().toArray(Duration[]::new);
    }

    /** How long before a read began a version had been committed that it did not find, at most; zero = none ever was. */
    Duration stalest() {
        long most = 0;
        for (Map.Entry<String, List<Read>> ofId : reads.entrySet()) {
            List<Commit> ofUser = commits.getOrDefault(ofId.getKey(), List.of());
            for (Read read : ofId.getValue()) {
                int newer = firstNewer(ofUser, read.version);
                if (newer < ofUser.size()) {
                    most = Math.max(most, read.beganAt - ofUser.get(newer).at);
                }
            }
        }
        return Duration.ofNanos(most);
    }

    private static int firstNewer(List<Commit> commits, long version) {
        int low = 0;
        int high = commits.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (commits.get(middle).version > version) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /**
     * One of sorted times.
     *
     * @param sorted not empty
     * @param share how many of them it is not less than, 0 to 1
     */
    static Duration quantile(Duration[] sorted, double share) {
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))];
    }
}
