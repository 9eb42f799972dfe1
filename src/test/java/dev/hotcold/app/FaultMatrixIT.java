package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.SteadyLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What callers see while a store fails and after it: three kinds of lookups at a steady rate, under one fault after the
 * other. What docs/design/fault-matrix.md says of it is compared with what happens.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultMatrixIT {

    private static final int PER_SECOND = 50;

    /** Lookups of each kind under a fault: two seconds of them. */
    private static final int LOOKUPS = 2 * PER_SECOND;

    private static final Duration RECOVERY = Duration.ofSeconds(10);

    /** No answer is later, however busy the machine that runs client, service and servers. */
    private static final Duration LATEST = Duration.ofSeconds(2);

    private static final FaultMatrix MATRIX = new FaultMatrix();

    private static FaultRig rig;

    @BeforeAll
    static void start() {
        rig = new FaultRig();
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
        MATRIX.publish();
        if (Boolean.getBoolean("update")) {
            MATRIX.writeDocumented();
        }
        FaultMatrix.assertComplete();
    }

    @ParameterizedTest
    @EnumSource
    void lookups_fault_areAnsweredAsDesignSays(StoreFault fault) throws IOException {
        rig.awaitNothingDegraded(fault, RECOVERY);
        rig.awaitHits(fault, RECOVERY);

        long redisFailuresBefore = rig.redisFailures(fault);

        Observed observed;
        try (DegradedWatch watch = DegradedWatch.begin(rig.service(fault))) {
            observed = observe(fault);
            assertThat(watch.seen()).as("components that alerts see degraded").isNotEmpty();
        }

        long redisFailures = rig.redisFailures(fault) - redisFailuresBefore;
        observed.toTheEnd().forEach(seen -> assertPromises(fault, seen, redisFailures));
        MATRIX.add(fault, observed.toTheRecovery());
        if (!Boolean.getBoolean("update")) {
            MATRIX.assertDocumented(fault);
        }
    }

    /** Lookups until everything was as ever, and with those sent since, until the load had ended. */
    private record Observed(List<FaultObservation> toTheRecovery, List<FaultObservation> toTheEnd) {}

    /** Looks up all the time, from before the fault until everything is as ever. */
    private static Observed observe(StoreFault fault) {
        Map<LookupKind, SteadyLoad> loads = new EnumMap<>(LookupKind.class);
        try {
            for (LookupKind kind : LookupKind.values()) {
                int port = rig.service(fault).port();
                loads.put(
                        kind,
                        SteadyLoad.begin(
                                port, PER_SECOND, i -> kind.id(kind == LookupKind.HIT ? i : rig.unusedNumber())));
            }
            awaitAnswered(loads, System.nanoTime(), PER_SECOND / 5);
            long struckAt = System.nanoTime();
            long begunAt;
            long endingAt;
            try (Repair _ = fault.begin(rig)) {
                begunAt = System.nanoTime();
                awaitAnswered(loads, begunAt, LOOKUPS);
                endingAt = System.nanoTime();
            }
            long endedAt = System.nanoTime();
            rig.awaitNothingDegraded(fault, RECOVERY);
            List<FaultObservation> recovered = await().atMost(RECOVERY)
                    .pollInterval(Duration.ofMillis(50))
                    .until(
                            () -> observations(loads, struckAt, begunAt, endingAt, endedAt),
                            seen -> seen.stream()
                                    .allMatch(each -> each.recovery().isPresent()));
            loads.values().forEach(SteadyLoad::end);
            return new Observed(recovered, observations(loads, struckAt, begunAt, endingAt, endedAt));
        } finally {
            loads.values().forEach(SteadyLoad::close);
        }
    }

    private static void awaitAnswered(Map<LookupKind, SteadyLoad> loads, long since, int number) {
        await().atMost(RECOVERY)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> loads.values().stream().allMatch(load -> load.answeredSince(since) >= number));
    }

    private static List<FaultObservation> observations(
            Map<LookupKind, SteadyLoad> loads, long struckAt, long begunAt, long endingAt, long endedAt) {
        List<FaultObservation> observations = new ArrayList<>();
        loads.forEach((kind, load) ->
                observations.add(new FaultObservation(kind, load.answers(), struckAt, begunAt, endingAt, endedAt)));
        return observations;
    }

    /** While Redis fails every answer is right; while PostgreSQL fails every answer is in time, and none is wrong. */
    private static void assertPromises(StoreFault fault, FaultObservation seen, long redisFailures) {
        boolean mayFail = !fault.isOfRedis() && (seen.kind() != LookupKind.HIT || redisFailures > 0);
        assertThat(seen.answers().stream().filter(answer -> !isPromised(seen.kind(), mayFail, answer)))
                .as(seen.kind().title())
                .isEmpty();
    }

    private static boolean isPromised(LookupKind kind, boolean mayFail, Answer answer) {
        boolean failed = answer.status() == 500 || answer.status() == 503;
        return answer.took().compareTo(LATEST) < 0
                && (failed ? mayFail : kind.isRight(answer.userId(), answer.response()));
    }
}
