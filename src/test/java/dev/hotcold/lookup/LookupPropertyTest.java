package dev.hotcold.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.testkit.model.Cause;
import dev.hotcold.testkit.model.ModelColdStore;
import dev.hotcold.testkit.model.ModelDatabase;
import dev.hotcold.testkit.model.ModelFeed;
import dev.hotcold.testkit.model.ModelHotStore;
import dev.hotcold.testkit.model.ModelHotStore.Lives;
import dev.hotcold.testkit.model.ModelRedis;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random interleavings of lookups on two event loops, changes in the database, the change feed, faults and time, on models
 * of the stores that do what the real scripts do. After each step everything is compared with the database's history:
 *
 * <ul>
 *   <li>Every caller gets one answer, within its budget.
 *   <li>An answer is a version of that very user: not older than what the feed had applied when the call began that the
 *       caller shares, and not newer than the log.
 *   <li>What is cached lies within the same bounds at every moment.
 *   <li>Those who share a single flight, a refresh or a refresh ahead share its read of the database.
 * </ul>
 *
 * <p>At the end, when all changes are applied and nothing is on its way, what is cached is what the database holds, nothing
 * is left in flight, and each loop still looks up, refreshes, and refreshes ahead.
 *
 * <p>A failure names its seed; {@code -Dlookup.seed=N -Dlookup.runs=1} repeats it, more runs search further.
 */
class LookupPropertyTest {

    private static final RequestBudget BUDGET = new RequestBudget(Duration.ofMillis(300));
    private static final int STEPS = 120;
    private static final List<UserId> IDS = List.of((UserId) UserId.parse("alice"), (UserId) UserId.parse("bob"));

    @Test
    void lookups_interleavedWithChangesAndFaults_agreeWithTheDatabase() {
        long first = Long.getLong("lookup.seed", 0);
        long runs = Long.getLong("lookup.runs", 4_000);
        Coverage coverage = new Coverage();

        for (long seed = first; seed < first + runs; seed++) {
            new Run(seed, coverage).play();
        }

        if (runs > 1_000) {
            coverage.assertNothingIsMissing();
        }
    }

    /** What happened at least: a run in which nothing happens would pass. */
    private static final class Coverage {

        private final Map<String, Integer> counts = new HashMap<>();

        private void count(String what) {
            counts.merge(what, 1, Integer::sum);
        }

        private void assertNothingIsMissing() {
            assertThat(counts)
                    .containsKeys(
                            "Found HOT",
                            "Found COLD",
                            "Found REFRESHED",
                            "Found COLD_ONLY",
                            "NotFound HOT",
                            "NotFound COLD",
                            "NotFound COLD_ONLY",
                            "StaleUser",
                            "Unavailable FAILED",
                            "Unavailable TIMED_OUT",
                            "Unavailable OVERLOADED",
                            "fill stored",
                            "refresh ahead at the end",
                            "fill refused");
            assertThat(counts.get("Found HOT")).isGreaterThan(10_000);
            assertThat(counts.get("Found COLD")).isGreaterThan(10_000);
            assertThat(counts.get("Found REFRESHED")).isGreaterThan(1_000);
            assertThat(counts.get("StaleUser")).isGreaterThan(300);
            assertThat(counts.get("fill refused")).isGreaterThan(300);
        }
    }

    /** One event loop. */
    private static final class LoopUnderTest {

        private final ModelHotStore hot;
        private final ModelColdStore cold;
        private final Lookup lookup;
        private final Map<UserId, Integer> floors = new HashMap<>();

        private LoopUnderTest(ModelHotStore hot, ModelColdStore cold, Lookup lookup) {
            this.hot = hot;
            this.cold = cold;
            this.lookup = lookup;
        }
    }

    /** Somebody who waits for an answer. */
    private static final class Caller {

        private final LoopUnderTest loop;
        private final UserId id;
        private final Cause cause;
        private final long startedAt;
        private long answerBy;
        private boolean staleUserFound;
        private int floor = -1;
        private @Nullable LookupResult answer;

        private Caller(LoopUnderTest loop, UserId id, Cause cause, long startedAt) {
            this.loop = loop;
            this.id = id;
            this.cause = cause;
            this.startedAt = startedAt;
            this.answerBy = startedAt + BUDGET.total().toNanos();
        }
    }

    /** What is done next, and how often among all. */
    private record Step(String name, int weight, Runnable action) {}

    /** One random interleaving. */
    private static final class Run {

        private final long seed;
        private final Coverage coverage;
        private final RandomGenerator random;
        private final ManualTime time = new ManualTime();
        private final ModelRedis redis = new ModelRedis(time);
        private final ModelDatabase database = new ModelDatabase();
        private final ModelFeed feed;
        private final Lives lives;
        private final List<LoopUnderTest> loops;
        private final List<Caller> waiting = new ArrayList<>();
        private final List<String> trace = new ArrayList<>();
        private final List<Step> steps;
        private final int weights;

        private Run(long seed, Coverage coverage) {
            this.seed = seed;
            this.coverage = coverage;
            this.random = new SplittableRandom(seed);
            this.feed = new ModelFeed(database, redis, time, random);
            this.lives = new Lives(
                    Duration.ofMillis(pick(0, 20, 60, 400)),
                    Duration.ofMillis(pick(0, 500, 2_000)),
                    Duration.ofMillis(pick(0, 300)));
            this.loops = List.of(newLoop("a"), newLoop("b"));
            IDS.forEach(id -> database.add(id, random.nextInt(4) != 0));
            // Each run has its own mixture, so that some are calm and some are all faults.
            int faults = pick(0, 1, 3);
            this.steps = List.of(
                    new Step("look up", pick(6, 15), this::lookUp),
                    new Step("look up, bypassing", pick(0, 1), this::lookUpBypassing),
                    new Step("answer within an answer", 1, this::lookUpTwice),
                    new Step("change", pick(0, 1, 4), this::change),
                    new Step("show", pick(1, 4), this::show),
                    new Step("feed", pick(2, 8), feed::step),
                    new Step("deliver", pick(6, 20), () -> loop().hot.deliver()),
                    new Step("reply", pick(6, 20), () -> loop().hot.reply()),
                    new Step("cold read", pick(3, 10), () -> loop().cold.step()),
                    new Step("all goes on", pick(1, 10), () -> goOn(10)),
                    new Step("Redis goes on", pick(0, 5), this::redisGoesOn),
                    new Step("time", pick(2, 6), this::pass),
                    new Step("evict", pick(0, 1), () -> redis.evict(id())),
                    new Step("lease ends", pick(0, 1), this::endLease),
                    new Step("damage", pick(0, 1), () -> redis.overwrite(id(), "{\"user_id\":\"mallory\"}")),
                    new Step("expect misses", 1, () -> loop().hot.setExpectsMisses(random.nextBoolean())),
                    new Step("late command", 1, () -> loop().hot.deliverLate()),
                    new Step("late change", 1, feed::deliverLate),
                    new Step("break", faults, () -> loop().hot.breakConnection()),
                    new Step("breaker", faults, () -> loop().hot.setSkipped(random.nextInt(3) == 0)),
                    new Step("full", faults, () -> redis.setFull(random.nextInt(3) == 0)),
                    new Step("restart", faults == 3 ? 1 : 0, feed::restartRedis),
                    new Step("feed crashes", faults, feed::crash),
                    new Step("cold read fails", faults, () -> loop().cold.failOne()),
                    new Step("cold read refused", faults, () -> loop().cold.refuseOne()),
                    new Step("cold slow", faults, () -> loop().cold.setSlow(random.nextInt(3) != 0)),
                    new Step("cold down", faults, () -> loop().cold.setDown(random.nextInt(3) == 0)));
            this.weights = steps.stream().mapToInt(Step::weight).sum();
        }

        private LoopUnderTest newLoop(String name) {
            LookupObserver observer = new SilentObserver() {
                @Override
                public void fillsEnded(int stored, int leaseLost) {
                    coverage.count(stored > 0 ? "fill stored" : "fill refused");
                }
            };
            ModelHotStore hot = new ModelHotStore(redis, lives, BUDGET, time, random, name, observer);
            ModelColdStore cold = new ModelColdStore(database, BUDGET, time, random, hot::cause);
            hot.onStaleUser(id -> foundStale(hot, id));
            return new LoopUnderTest(hot, cold, new Lookup(hot, cold, observer, BUDGET, time));
        }

        private void play() {
            try {
                for (int i = 0; i < STEPS; i++) {
                    Step next = nextStep();
                    trace.add(next.name());
                    next.action().run();
                    if (random.nextInt(4) != 0) {
                        time.endTurn();
                    }
                    check();
                }
                recover();
                assertEverythingHasEnded();
                assertEachLoopStillWorks();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed %d: %s%nafter %s".formatted(seed, failure.getMessage(), trace), failure);
            }
        }

        private Step nextStep() {
            int at = random.nextInt(weights);
            for (Step step : steps) {
                at -= step.weight();
                if (at < 0) {
                    return step;
                }
            }
            throw new IllegalStateException("weights");
        }

        private void lookUp() {
            lookUp(loop(), id(), () -> {});
        }

        /** A caller that asks again from its answer: the call that it was answered by must be over. */
        private void lookUpTwice() {
            LoopUnderTest loop = loop();
            UserId id = id();
            lookUp(loop, id, () -> lookUp(loop, id, () -> {}));
        }

        private Caller lookUp(LoopUnderTest loop, UserId id, Runnable then) {
            Caller caller = newCaller(loop, id, Cause.CALL);
            loop.hot.onFirstCommand(begun -> loop.floors.put(begun, database.settled(begun)));
            loop.hot.onBehalfOf(
                    Cause.CALL,
                    () -> loop.lookup.lookup(id, answer -> {
                        answered(caller, id, caller.floor < 0 ? floor(loop, id) : caller.floor, answer);
                        then.run();
                    }));
            loop.hot.onFirstCommand(ignored -> {});
            // Now rather than with the answer: another waiter's may have begun the next call by then.
            caller.floor = floor(loop, id);
            return caller;
        }

        /** The version that the feed had settled when the present call of this id began. */
        private static int floor(LoopUnderTest loop, UserId id) {
            return Objects.requireNonNull(loop.floors.get(id), "a call begins with a command");
        }

        private void lookUpBypassing() {
            LoopUnderTest loop = loop();
            UserId id = id();
            Caller caller = newCaller(loop, id, Cause.BYPASS);
            int floor = database.seen(id);
            loop.hot.onBehalfOf(
                    Cause.BYPASS,
                    () -> loop.lookup.lookupBypassingHot(id, answer -> answered(caller, id, floor, answer)));
        }

        private Caller newCaller(LoopUnderTest loop, UserId id, Cause cause) {
            Caller caller = new Caller(loop, id, cause, time.nanos());
            waiting.add(caller);
            return caller;
        }

        /** The call of this id has found a user beyond its soft TTL: who waits for it is answered soon, and not by an error. */
        private void foundStale(ModelHotStore by, UserId id) {
            for (Caller caller : waiting) {
                if (caller.loop.hot == by && caller.id.equals(id) && caller.cause == Cause.CALL) {
                    caller.answerBy = Math.min(
                            caller.answerBy, time.nanos() + BUDGET.staleAfter().toNanos());
                    caller.staleUserFound = true;
                }
            }
        }

        private void answered(Caller caller, UserId id, int floor, LookupResult answer) {
            assertThat(caller.answer).as("an earlier answer").isNull();
            caller.answer = answer;
            waiting.remove(caller);
            assertThat(time.nanos()).as("time of %s", answer).isLessThanOrEqualTo(caller.answerBy);
            switch (answer) {
                case Found found -> {
                    coverage.count("Found " + found.layer());
                    assertIsVersion(id, found.user().toString(), floor);
                }
                case StaleUser stale -> {
                    coverage.count("StaleUser");
                    assertThat(stale.since()).isGreaterThanOrEqualTo(Duration.ZERO);
                    assertIsVersion(id, stale.user().toString(), floor);
                }
                case NotFound absent -> {
                    coverage.count("NotFound " + absent.layer());
                    assertIsVersion(id, null, floor);
                }
                case Unavailable unavailable -> {
                    coverage.count("Unavailable " + unavailable.reason());
                    boolean hadTime =
                            time.nanos() - caller.startedAt < BUDGET.total().toNanos();
                    assertThat(caller.staleUserFound && hadTime)
                            .as("%s, although a stale user was found", unavailable)
                            .isFalse();
                }
            }
        }

        /** @param members of the user's JSON; null = there is no such user */
        private void assertIsVersion(UserId id, @Nullable String members, int floor) {
            for (int version = floor; version <= database.logged(id); version++) {
                if (Objects.equals(database.members(id, version), members)) {
                    return;
                }
            }
            throw new AssertionError(
                    "%s read as %s, which it was in no version from %d on".formatted(id, members, floor));
        }

        private void change() {
            UserId id = id();
            if (database.isUnlocked(id)) {
                database.change(id, random.nextInt(3) != 0);
            }
        }

        private void show() {
            List<ModelDatabase.Commit> unseen = database.unseen();
            if (!unseen.isEmpty()) {
                database.show(unseen.get(random.nextInt(unseen.size())));
            }
        }

        /** Not a hold: an eviction policy that takes that before users is not promised for. */
        private void endLease() {
            UserId id = id();
            if (!ModelRedis.HOLD.equals(redis.leaseOf(id))) {
                redis.endLease(id);
            }
        }

        private void pass() {
            time.pass(Duration.ofMillis(1L << random.nextInt(9)));
        }

        private void check() {
            assertThat(waiting)
                    .as("callers without an answer in time")
                    .noneMatch(caller -> time.nanos() > caller.answerBy);
            for (UserId id : IDS) {
                int floor = Math.max(database.settled(id), feed.held(id));
                String cached = redis.user(id);
                if (cached != null && !cached.contains("mallory")) {
                    assertIsVersion(id, cachedMembers(id, cached), floor);
                }
                if (redis.notesAbsence(id)) {
                    assertIsVersion(id, null, floor);
                }
            }
        }

        private static String cachedMembers(UserId id, String cached) {
            UserJson user = UserJson.prove(id, cached.getBytes(StandardCharsets.UTF_8), 1);
            assertThat(user).as("cached for %s: %s", id, cached).isNotNull();
            return String.valueOf(user);
        }

        /** All faults end, all changes are seen and applied, and everything on its way arrives. */
        private void recover() {
            trace.add("recover");
            redis.setFull(false);
            loops.forEach(loop -> {
                loop.hot.setSkipped(false);
                loop.hot.setExpectsMisses(false);
                loop.cold.setDown(false);
                loop.cold.setSlow(false);
            });
            database.unseen().forEach(database::show);
            // Quiet for longer than a pause between two requests for a lease.
            int quiet = 0;
            for (int i = 0; i < 1_000 && quiet < 10; i++) {
                goOn(1);
                feed.step();
                feed.deliverLate();
                loops.forEach(loop -> loop.hot.deliverLate());
                time.pass(Duration.ofMillis(5));
                check();
                quiet = isQuiet() ? quiet + 1 : 0;
            }
            assertThat(isQuiet()).as("everything arrives").isTrue();
            time.pass(Duration.ofSeconds(2));
            assertThat(isQuiet()).as("nothing begins by itself").isTrue();
            check();
        }

        /** Steps of each loop and its stores. */
        private void goOn(int steps) {
            for (int i = 0; i < steps; i++) {
                for (LoopUnderTest loop : loops) {
                    time.endTurn();
                    loop.hot.deliver();
                    loop.hot.reply();
                    time.endTurn();
                    loop.cold.step();
                }
            }
        }

        /** For a while everything goes on but the database. */
        private void redisGoesOn() {
            for (int i = 0; i < 10; i++) {
                for (LoopUnderTest loop : loops) {
                    time.endTurn();
                    loop.hot.deliver();
                    loop.hot.reply();
                }
                time.pass(Duration.ofMillis(5));
                check();
            }
        }

        private boolean isQuiet() {
            return feed.isDone() && loops.stream().allMatch(loop -> loop.hot.isIdle() && loop.cold.isIdle());
        }

        private void assertEverythingHasEnded() {
            assertThat(waiting).as("callers without an answer").isEmpty();
            assertThat(time.pending()).as("timers").isZero();
            for (LoopUnderTest loop : loops) {
                assertThat(loop.lookup.inFlight()).as("calls in flight").isZero();
            }
            for (UserId id : IDS) {
                assertThat(database.settled(id)).isEqualTo(database.logged(id));
            }
        }

        /** On a miss, on a hit that refreshes ahead, and beyond the soft TTL: each in turn, unless the settings leave it out. */
        private void assertEachLoopStillWorks() {
            trace.add("look up again");
            for (LoopUnderTest loop : loops) {
                for (UserId id : IDS) {
                    assertAnswersAsTheDatabase(lookUpAndWait(loop, id), id);
                    int before = loop.hot.leasesAhead();
                    loop.hot.refreshAlwaysAhead();
                    LookupResult hit = lookUpAndWait(loop, id);
                    assertAnswersAsTheDatabase(hit, id);
                    boolean hasSoftTtl = String.valueOf(redis.user(id)).contains("fresh_until");
                    if (hit instanceof Found found && found.layer() == LookupResult.Layer.HOT && hasSoftTtl) {
                        coverage.count("refresh ahead at the end");
                        assertThat(loop.hot.leasesAhead()).as("refreshes ahead").isGreaterThan(before);
                    }
                    time.pass(lives.user().plusMillis(1));
                    assertAnswersAsTheDatabase(lookUpAndWait(loop, id), id);
                }
            }
        }

        private LookupResult lookUpAndWait(LoopUnderTest loop, UserId id) {
            Caller caller = lookUp(loop, id, () -> {});
            for (int i = 0; i < 500 && (caller.answer == null || !isQuiet()); i++) {
                goOn(1);
                time.pass(Duration.ofMillis(1));
            }
            LookupResult answer = caller.answer;
            assertThat(answer).isNotNull();
            return Objects.requireNonNull(answer);
        }

        /** Not a stale user either: the database answers. */
        private void assertAnswersAsTheDatabase(LookupResult answer, UserId id) {
            User user = database.version(id, database.logged(id));
            if (user == null) {
                assertThat(answer).isInstanceOf(NotFound.class);
            } else {
                assertThat(answer)
                        .isInstanceOfSatisfying(
                                Found.class, found -> assertThat(found.user()).isEqualTo(UserJson.encode(user)));
            }
        }

        private LoopUnderTest loop() {
            return loops.get(random.nextInt(loops.size()));
        }

        private UserId id() {
            return IDS.get(random.nextInt(4) == 0 ? 1 : 0);
        }

        private int pick(int... values) {
            return values[random.nextInt(values.length)];
        }
    }
}
