package dev.hotcold.docs;

import dev.hotcold.docs.Scrape.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The page docs/operate/metrics.md: every metric, as it is scraped. Names, types, labels and meanings are those of the
 * registry; units that no name tells, and what to watch for, are here.
 */
final class MetricsPage {

    private static final String HEAD = """
            <!-- Generated from the meters; to update: bin/maven -q test -Dtest=DocumentationTest -Dupdate=true -->

            # Metrics

            Prometheus scrapes `/metrics` on the management port (`MANAGEMENT_HOST`, `MANAGEMENT_PORT`). Counters count since the
            start of the process. A histogram is scraped as `_bucket`, `_count` and `_sum`, with its greatest value of the last
            minutes as the gauge `_max`.
            """;

    /** Labels whose values are another machine's or build's business. */
    private static final Set<String> OPEN_LABELS = Set.of("version", "java", "id");

    /** What the JVM and the process tell; their names begin with none of ours. */
    private static final String PROCESS = "JVM and process";

    /** Registered with the first collection, so whether a test sees it is chance. */
    private static final String PAUSES = "jvm_gc_pause_seconds";

    private static final List<Section> SECTIONS = List.of(
            new Section("Lookups", "hotcold_lookups hotcold_requests hotcold_connections", """
                    `layer` is where the answer came from: `hot` Redis (or the near cache), `cold` PostgreSQL after a miss, `refreshed`
                    PostgreSQL for a user beyond its soft TTL, `cold_only` PostgreSQL because Redis was unavailable, `none` nowhere.
                    `outcome`: `found`, `not_found`, `stale` (a user beyond its soft TTL, served because PostgreSQL failed or was slow),
                    `unproven` (the same of one that nothing proves fresh),
                    `failed` and `timed_out` (500), `overloaded` (503, shed).
                    """),
            new Section("Health", "hotcold_degraded", ""),
            new Section("Redis", "hotcold_hot", """
                    `failure`: `timeout` no reply in time, `disconnected` no connection or it broke, `error_reply` the store replied with
                    an error, `overloaded` not sent because too much is queued, `skipped` not sent because the circuit breaker is
                    open, or the cache another deployment's.
                    `outcome` of a lease: `granted`, `denied` (another lookup holds it), `filled` and `known_absent` (another lookup has
                    cached the answer meanwhile).
                    """),
            new Section("Near cache", "hotcold_near", ""),
            new Section("PostgreSQL", "hotcold_cold", ""),
            new Section("Proof of freshness", "hotcold_proven", ""),
            new Section("Change feed", "hotcold_changefeed", ""),
            new Section("Verification", "hotcold_verification", ""),
            new Section("Files of the public port", "hotcold_credentials hotcold_certificate", ""),
            new Section("Build", "hotcold_build", ""),
            new Section(PROCESS, "jvm process system", """
                    As Micrometer registers them. `%s`, a summary with the labels `action`, `cause` and `gc`, is
                    there from the first garbage collection on.
                    """.formatted(PAUSES)));

    /** Per metric: its unit, unless its name ends in it, and what to watch for. */
    private static final Map<String, Note> NOTES = notes("""
            hotcold_lookups_seconds | | p99; any rate of `failed` or `timed_out`; `overloaded`: PostgreSQL is too slow for the misses; `stale`, `cold_only`: a store is down; the share of `hot` is the hit ratio
            hotcold_requests_invalid_total | requests | a jump: a client sends something else than user ids
            hotcold_requests_unauthorized_total | requests | a jump: a key was rotated on one side only, or somebody guesses
            hotcold_connections_refused_total | connections | any: raise `HTTP_MAX_CONNECTIONS`, or find the client that leaks connections
            hotcold_connections_stalled_total | connections | any: a client, or something between, stops reading; `HTTP_WRITE_TIMEOUT_SEC` ended it
            hotcold_requests_refused_total | requests | any: clients leave more unread than memory allows; the log says how much
            hotcold_degraded | | 1 for longer than a restart of the component takes
            hotcold_hot_batch_seconds | | p99 near half of `REDIS_READ_TIMEOUT_MS`: the circuit breaker is about to open
            hotcold_hot_batch_size | keys |
            hotcold_hot_batches_in_flight | batches | at `REDIS_POOL_SIZE`: reads are queued
            hotcold_hot_breakers_open | event loops | above 0: Redis fails or is slow, and PostgreSQL takes all lookups
            hotcold_hot_fill_failures_total | fills | a rate while reads do well: Redis is full or read-only
            hotcold_hot_fills_total | fills | `lease_lost` beside many `stored`: users change while they are read, or PostgreSQL is slow
            hotcold_hot_lease_failures_total | requests | a rate while reads do well: scripts are not allowed, or Redis is read-only
            hotcold_hot_leases_total | requests | many `denied`: a stampede on few ids, which the leases hold back
            hotcold_hot_read_failures_total | reads | any rate: `/readyz` of the management port says why
            hotcold_hot_values_rejected_total | values | any rate: another service writes something else to `user:ID`
            hotcold_near_entries | entries |
            hotcold_near_flushes_total | flushes | a steady rate: the connection to Redis breaks again and again
            hotcold_near_hits_total | reads | its share of the hits says whether `NEAR_CACHE_ENTRIES` is worth its memory
            hotcold_near_invalidations_total | entries |
            hotcold_cold_batch_seconds | | p99 towards a third of `REQUEST_TIMEOUT_MS`: stale users are served, and misses are about to be shed
            hotcold_cold_batch_size | ids |
            hotcold_cold_batches_in_flight | queries | three per event loop, or `PG_MAX_CONNS`, all the time: PostgreSQL is the bound
            hotcold_cold_connections | connections | 0 while there are misses: PostgreSQL cannot be reached
            hotcold_cold_queue | lookups | growing: PostgreSQL takes fewer misses than come in
            hotcold_cold_read_failures_total | reads | any rate: `/readyz` of the management port says why
            hotcold_proven_hit_staleness_seconds | | p99 towards `MAX_STALENESS_MS`: the change feed hangs now and then, or Redis does
            hotcold_proven_staleness_seconds | | above `MAX_STALENESS_MS`, or NaN where a change feed runs: PostgreSQL is read instead; `/readyz` says why
            hotcold_changefeed_changes_total | changes |
            hotcold_changefeed_clears_total | flushes | any but at a start: the feed had lost its position in the log, and the cache began empty
            hotcold_changefeed_lag_bytes | | growing: changes come faster than they are applied; at `CHANGE_FEED_MAX_LAG_MB` the slot is dropped and the cache flushed
            hotcold_changefeed_lag_seconds | | above a second for long: callers read what was before the last commits
            hotcold_changefeed_role | | the sum of `owner` over all instances is 1; 0: nobody follows the changes
            hotcold_changefeed_wanted | | 1 where no instance has the role `owner`: cached users are not kept fresh
            hotcold_changefeed_sessions_total | sessions | a steady rate: the feed breaks and begins again
            hotcold_verification_compared_total | users | standing still although `VERIFY_USERS_PER_SECOND` is not 0: a store cannot be reached, nothing is cached, or another instance follows changes and compares
            hotcold_verification_in_flight_total | users |
            hotcold_verification_stale_total | users | any while the change feed runs: what is cached is not what PostgreSQL holds
            hotcold_certificate_end_seconds | | less than 14 days ahead of `time()`: renew it
            hotcold_credentials_check_age_seconds | | above 15: reading the file hangs
            hotcold_credentials_failures_total | checks | any rate: `/readyz` of the management port says why
            hotcold_build_info | |
            jvm_gc_live_data_size_bytes | | near `jvm_gc_max_data_size_bytes`: the heap is too small
            jvm_memory_used_bytes | | `area="heap"` near `jvm_memory_max_bytes`
            process_cpu_usage | 0 to 1, of all processors | near 1: the event loops are the bound
            process_files_open_files | | near `process_files_max_files`: connections will be refused
            process_cpu_time_ns_total | nanoseconds |
            system_cpu_count | processors |
            system_cpu_usage | 0 to 1, of all processors |
            system_load_average_1m | threads |
            """);

    private static final Map<String, String> UNIT_OF_ENDING = Map.of(
            "seconds", "seconds",
            "bytes", "bytes",
            "buffers", "buffers",
            "classes", "classes",
            "threads", "threads",
            "files", "files");

    private MetricsPage() {}

    /** @param scraped all metrics of the service */
    static String render(Map<String, Metric> scraped) {
        Map<String, Metric> left = new TreeMap<>(scraped);
        left.keySet().removeIf(name -> name.equals(PAUSES) || name.startsWith("jvm_gc_concurrent"));
        Set<String> unused = new TreeSet<>(NOTES.keySet());
        StringBuilder page = new StringBuilder(HEAD);
        for (Section section : SECTIONS) {
            page.append("\n## ").append(section.title()).append("\n\n");
            page.append("| name | type | unit | labels | what it is | watch for |\n|---|---|---|---|---|---|\n");
            left.forEach((name, metric) -> {
                if (section.holds(name)) {
                    page.append(row(name, metric));
                    unused.remove(name);
                }
            });
            left.keySet().removeIf(section::holds);
            page.append(section.text().isEmpty() ? "" : "\n" + section.text());
        }
        if (!left.isEmpty() || !unused.isEmpty()) {
            throw new IllegalStateException("in no section: " + left.keySet() + "; notes for no metric: " + unused);
        }
        return page.toString();
    }

    private static String row(String name, Metric metric) {
        Note note = NOTES.get(name);
        if (note == null && name.startsWith("hotcold_")) {
            throw new IllegalStateException("no note for " + name);
        }
        return "| `%s` | %s | %s | %s | %s | %s |\n"
                .formatted(
                        name,
                        metric.type(),
                        note == null || note.unit().isEmpty() ? unit(name) : note.unit(),
                        labels(metric),
                        metric.help(),
                        note == null ? "" : note.watch());
    }

    private static String unit(String name) {
        String bare = name.endsWith("_total") ? name.substring(0, name.length() - "_total".length()) : name;
        return UNIT_OF_ENDING.getOrDefault(bare.substring(bare.lastIndexOf('_') + 1), "");
    }

    private static String labels(Metric metric) {
        List<String> labels = new ArrayList<>();
        metric.labels()
                .forEach((label, values) -> labels.add(
                        OPEN_LABELS.contains(label)
                                ? "`" + label + "`"
                                : values.stream().collect(Collectors.joining("`, `", "`" + label + "`: `", "`"))));
        return String.join("; ", labels);
    }

    private static Map<String, Note> notes(String text) {
        return text.lines()
                .map(line -> line.split("\\|", -1))
                .collect(Collectors.toMap(
                        cells -> cells[0].strip(), cells -> new Note(cells[1].strip(), cells[2].strip())));
    }

    /** @param beginnings of the names in it, with blanks between them */
    private record Section(String title, String beginnings, String text) {

        boolean holds(String name) {
            return List.of(beginnings.split(" ")).stream()
                    .anyMatch(beginning -> (name + "_").startsWith(beginning + "_"));
        }
    }

    /** @param unit empty: the name tells */
    private record Note(String unit, String watch) {}
}
