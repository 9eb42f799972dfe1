package dev.hotcold.testkit.model;

import dev.hotcold.loop.Loop;
import dev.hotcold.testkit.model.ModelDatabase.Commit;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The change feed: it takes changes from the log in their order and applies them in batches, each once queries see its
 * changes. After a wait in vain it holds fills off, removes the users once more when the commits are seen, and acknowledges
 * nothing before. Whoever follows after a crash goes on at what was acknowledged, removes instead of replacing what was in
 * the log before it began, and empties a Redis that knows no position.
 */
public final class ModelFeed {

    private static final Duration HOLD_OFF = Duration.ofMillis(250);
    private static final long NEVER = Long.MIN_VALUE;
    private static final int MAX_IN_FLIGHT = 2;
    private static final int MAX_BATCH = 3;

    /**
     * A batch under way.
     *
     * @param end position in the log behind it; -1 = it removes once more what was applied unseen
     */
    private record Batch(String session, List<Commit> commits, boolean refresh, boolean held, int end) {}

    /** @param until by the clock of the loop */
    private record Hold(int version, long until) {}

    private final ModelDatabase database;
    private final ModelRedis redis;
    private final Loop loop;
    private final RandomGenerator random;
    private final ArrayDeque<Batch> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Batch> unseen = new ArrayDeque<>();
    private final ArrayDeque<Batch> ofFormerSessions = new ArrayDeque<>();
    private final Map<UserId, Hold> holds = new HashMap<>();
    private int sessions;
    private boolean up;
    private boolean removingAgain;
    private long clearAgainAt = NEVER;
    private long waitsSince = NEVER;
    private int next;
    private int acknowledged;
    private int applied;
    private int beginningOfRefresh;

    public ModelFeed(ModelDatabase database, ModelRedis redis, Loop loop, RandomGenerator random) {
        this.database = database;
        this.redis = redis;
        this.loop = loop;
        this.random = random;
        redis.takeOver(session());
        redis.setPosition("0");
        this.up = true;
    }

    /** Does whatever is next, if anything can be done now. */
    public void step() {
        if (!up) {
            takeOver();
        } else if (clearAgainAt != NEVER) {
            if (loop.nanos() - clearAgainAt >= 0) {
                redis.clear();
                redis.setPosition(Integer.toString(acknowledged));
                clearAgainAt = NEVER;
            }
        } else if (!inFlight.isEmpty() && (removingAgain || random.nextBoolean())) {
            execute(inFlight.removeFirst());
        } else if (!unseen.isEmpty() && unseen.getFirst().commits.stream().allMatch(Commit::isSeen)) {
            Batch oldest = unseen.getFirst();
            removingAgain = true;
            inFlight.add(new Batch(session(), oldest.commits, false, false, -1));
        } else if (next < database.log().size() && inFlight.size() < MAX_IN_FLIGHT) {
            send();
        } else if (!inFlight.isEmpty()) {
            execute(inFlight.removeFirst());
        }
    }

    /** It ends in the middle of its work; what it has sent may still arrive. */
    public void crash() {
        ofFormerSessions.addAll(inFlight);
        inFlight.clear();
        unseen.clear();
        removingAgain = false;
        waitsSince = NEVER;
        clearAgainAt = NEVER;
        up = false;
    }

    /** A batch that a former session sent arrives. */
    public void deliverLate() {
        Batch late = ofFormerSessions.poll();
        if (late != null) {
            execute(late);
        }
    }

    /** Whether everything in the log is applied and acknowledged. */
    public boolean isDone() {
        return up
                && clearAgainAt == NEVER
                && inFlight.isEmpty()
                && acknowledged == database.log().size();
    }

    /** The version that was applied before queries saw it, while the hold lasts; nothing older may be filled meanwhile. */
    public int held(UserId id) {
        Hold hold = holds.get(id);
        return hold == null || loop.nanos() - hold.until >= 0 ? 0 : hold.version;
    }

    private void held(Commit commit) {
        if (ModelRedis.HOLD.equals(redis.leaseOf(commit.id()))) {
            holds.put(commit.id(), new Hold(commit.version(), loop.nanos() + HOLD_OFF.toNanos()));
        }
    }

    /** Redis is restarted, empty: it knows nothing of the feed and of holds. */
    public void restartRedis() {
        redis.restart();
        holds.clear();
    }

    private void takeOver() {
        sessions++;
        String position = redis.takeOver(session());
        next = acknowledged;
        applied = acknowledged;
        beginningOfRefresh = database.log().size();
        up = true;
        if (position == null || Integer.parseInt(position) < acknowledged) {
            redis.clear();
            clearAgainAt = loop.nanos() + HOLD_OFF.toNanos();
        }
    }

    private void send() {
        int end = next + 1;
        boolean refresh = next >= beginningOfRefresh;
        int most = refresh ? database.log().size() : beginningOfRefresh;
        while (end < most && end - next < MAX_BATCH && random.nextBoolean()) {
            end++;
        }
        List<Commit> commits = List.copyOf(database.log().subList(next, end));
        boolean held = !commits.stream().allMatch(Commit::isSeen);
        if (held && waitsSince == NEVER) {
            waitsSince = loop.nanos();
        }
        if (held && loop.nanos() - waitsSince < HOLD_OFF.toNanos()) {
            return;
        }
        waitsSince = NEVER;
        Batch batch = new Batch(session(), commits, refresh, held, end);
        if (held) {
            unseen.add(batch);
        }
        inFlight.add(batch);
        next = end;
    }

    private void execute(Batch batch) {
        boolean isCurrent = batch.session.equals(session()) && up;
        boolean done = redis.apply(
                batch.session,
                batch.end < 0 ? "" : Integer.toString(batch.end),
                batch.held ? HOLD_OFF.toMillis() : 0,
                batch.commits.stream()
                        .map(commit -> change(commit, batch.refresh))
                        .toList());
        if (done && batch.held) {
            batch.commits.forEach(this::held);
        } else if (done) {
            batch.commits.forEach(commit -> {
                holds.remove(commit.id());
                database.settle(commit.id(), commit.version());
            });
        }
        if (!isCurrent) {
            return;
        }
        if (!done) {
            crash();
            return;
        }
        if (batch.end < 0) {
            unseen.removeFirst();
            removingAgain = false;
        }
        applied = Math.max(applied, batch.end);
        acknowledged = unseen.isEmpty()
                ? applied
                : Math.min(
                        applied,
                        unseen.getFirst().end - unseen.getFirst().commits.size());
    }

    private ModelRedis.Change change(Commit commit, boolean refresh) {
        User user = database.version(commit.id(), commit.version());
        return new ModelRedis.Change(commit.id(), refresh && user != null ? value(user) : "");
    }

    private static String value(User user) {
        return new String(UserJson.encode(user).toObject(), StandardCharsets.UTF_8);
    }

    private String session() {
        return "session-" + sessions;
    }
}
