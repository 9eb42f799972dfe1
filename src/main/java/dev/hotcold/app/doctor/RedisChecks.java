package dev.hotcold.app.doctor;

import dev.hotcold.app.doctor.Finding.Severity;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.blocking.RedisProbe;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.lookup.RequestBudget;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Redis: server, rights, memory, whose cache it is, clock, distance. */
final class RedisChecks {

    private static final int OLDEST = 6;
    private static final long MB = 1 << 20;

    private RedisChecks() {}

    /** @param deployment whose cache it should be; empty = PostgreSQL does not say */
    static void all(
            Findings findings,
            RedisSettings settings,
            RedisResources resources,
            RequestBudget budget,
            Optional<Deployment> deployment) {
        try (BlockingRedis redis =
                        new BlockingRedis(settings.endpoint(), settings.cache().keys(), resources);
                RedisProbe probe = redis.probe(settings.cache().feed())) {
            server(findings, probe, settings.nearEntries() > 0);
            rights(findings, probe, settings);
            memory(findings, probe.info("memory"));
            probe.mark()
                    .flatMap(mark -> mark.refusal(deployment))
                    .ifPresentOrElse(
                            refusal -> findings.advice(Severity.FAIL, refusal),
                            () -> findings.ok("has no other deployment's cache under these keys"));
            Duration median = Latency.median(probe::ping);
            Latency.tell(findings, median, budget.hotReply().dividedBy(2), budget.total());
            Instant before = Instant.now();
            probe.time().ifPresent(time -> Clocks.tell(findings, before, time, Instant.now()));
        } catch (HotStoreException failure) {
            findings.fail(
                    String.valueOf(failure.getMessage()),
                    "let REDIS_ADDR, REDIS_USERNAME and REDIS_PASSWORD lead to a primary that answers there");
        }
    }

    private static void server(Findings findings, RedisProbe probe, boolean hasNearCache) {
        Optional<String> told = Optional.ofNullable(probe.info("server").get("redis_version"));
        if (told.isEmpty()) {
            findings.ok("answers, and does not tell its version to this user");
            return;
        }
        String version = told.get();
        Runtime.Version number = Runtime.Version.parse(version);
        if (number.feature() < OLDEST) {
            findings.fail("is Redis " + version, "use Redis " + OLDEST + " or newer");
        } else if (hasNearCache && number.compareTo(Runtime.Version.parse("6.2.7")) < 0) {
            findings.warn(
                    "is Redis " + version + ", and NEAR_CACHE_ENTRIES needs 6.2.7 or newer", "NEAR_CACHE_ENTRIES=0");
        } else {
            findings.ok("is Redis " + version);
        }
    }

    private static void rights(Findings findings, RedisProbe probe, RedisSettings settings) {
        RedisProbe.Lacking lacking = probe.lacking(settings.nearEntries() > 0);
        String user = settings.endpoint().username().orElse("default");
        if (lacking.isNothing()) {
            findings.ok("the user " + user + " may run every command that is needed, on every key");
            return;
        }
        String rights = Stream.concat(lacking.patterns().stream(), lacking.commands().stream())
                .collect(Collectors.joining(" "));
        findings.fail(
                "the user " + user + " lacks " + rights
                        + " (a command that was renamed in redis.conf counts as lacking too)",
                "ACL SETUSER " + user + " " + rights);
    }

    private static void memory(Findings findings, Map<String, String> memory) {
        String most = memory.get("maxmemory");
        String policy = memory.get("maxmemory_policy");
        if (most == null || policy == null) {
            findings.ok("does not tell this user how much memory it may take");
        } else if (most.equals("0")) {
            long total = Long.parseLong(memory.getOrDefault("total_system_memory", "0")) / MB;
            findings.warn(
                    "may take all memory of its host (maxmemory is 0)",
                    "CONFIG SET maxmemory " + Math.max(64, total / 2) + "mb");
        } else if (policy.equals("noeviction")) {
            findings.warn(
                    "caches nothing more once it is full (maxmemory-policy is noeviction)",
                    "CONFIG SET maxmemory-policy allkeys-lru");
        } else if (policy.equals("volatile-ttl")) {
            findings.warn(
                    "evicts what forbids fills of old users before the users (maxmemory-policy is volatile-ttl)",
                    "CONFIG SET maxmemory-policy allkeys-lru");
        } else {
            findings.ok("may take " + Long.parseLong(most) / MB + " MB and evicts by " + policy);
        }
    }
}
