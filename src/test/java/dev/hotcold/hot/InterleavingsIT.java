package dev.hotcold.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.testkit.Servers;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every order in which the steps of two readers, a writer, the change feed, an expiry and an eviction can come, on one
 * user. The steps on Redis are the real scripts on a real Redis. Orders that lead to the same state go on as one, so that
 * millions of them take seconds; how many there are is counted.
 *
 * <p>At the end of each order the cache is empty or as the database.
 */
class InterleavingsIT {

    private static final UserId ID = (UserId) UserId.parse("alice");
    private static final String USER = "user:alice";
    private static final String LEASE = "lease:{user:alice}";
    private static final String ABSENT = "absent:{user:alice}";
    private static final String FEED = "changefeed:test";
    private static final String NO_USER = "";

    /** What happens in the database: the user before and after, {@link #NO_USER} = there is none. */
    private enum Change {
        UPDATE("old", "new"),
        DELETE("old", NO_USER),
        INSERT(NO_USER, "new");

        private final String before;
        private final String after;

        Change(String before, String after) {
            this.before = before;
            this.after = after;
        }
    }

    /** Who does a step next. */
    private enum Actor {
        FIRST_READER,
        SECOND_READER,
        /** First the commit can be read in the log, then new snapshots see it. */
        WRITER,
        /** Applies the change once it is in the log, or, if it waits for that, once new snapshots see it. */
        FEED,
        /** The hold-off ends: never before new snapshots see the commit. */
        HOLD_OFF,
        /** A lease that stands expires. */
        LEASE_EXPIRY,
        /** What is cached is gone: expired or evicted. */
        EVICTION
    }

    /**
     * A reader.
     *
     * @param step 0 = it will request the lease; 1 = it will read the database; 2 = it will fill; 3 = it is done
     * @param read what it has read
     */
    private record Reader(int step, String read) {

        private static final Reader NEW = new Reader(0, "");
        private static final Reader DONE = new Reader(3, "");
    }

    /** Everything that tells what can still happen; what Redis holds is null where it holds nothing. */
    private record State(
            @Nullable String user,
            @Nullable String lease,
            @Nullable String absent,
            Reader first,
            Reader second,
            int written,
            boolean applied,
            boolean heldOff,
            boolean expired,
            boolean evicted) {

        private boolean isComplete() {
            return first.step == 3 && second.step == 3 && written == 2 && applied && heldOff && expired && evicted;
        }
    }

    private final Servers servers = Servers.shared();
    private final RedisCommands<String, byte[]> redis = servers.redisCommands();
    private String lease = text(Script.LEASE);
    private String fill = text(Script.FILL);
    private final String noteAbsence = text(Script.ABSENT);
    private String apply = text(Script.APPLY);
    private boolean refresh = true;
    private boolean waitUntilSeen;
    private boolean beyondSoftTtl;
    private String holdOff = "60000";
    private Change change = Change.UPDATE;

    @BeforeEach
    void beginSession() {
        redis.hset(FEED, "session", bytes("s"));
    }

    @AfterEach
    void empty() {
        redis.flushall();
    }

    @ParameterizedTest
    @EnumSource
    void allOrders_changeFollowed_leaveTheCacheEmptyOrAsTheDatabase(Change change) {
        this.change = change;
        for (boolean refreshes : new boolean[] {true, false}) {
            for (boolean waits : new boolean[] {true, false}) {
                refresh = refreshes;
                waitUntilSeen = waits;
                Outcome outcome = explore();

                assertThat(outcome.wrong).isEmpty();
                assertThat(outcome.orders).isGreaterThan(BigInteger.valueOf(100_000));
            }
        }
    }

    /** What is cached is beyond its soft TTL, so that leases are granted although something is cached. */
    @ParameterizedTest
    @EnumSource
    void allOrders_usersBeyondTheirSoftTtl_leaveTheCacheEmptyOrAsTheDatabase(Change change) {
        this.change = change;
        beyondSoftTtl = true;
        for (boolean waits : new boolean[] {true, false}) {
            waitUntilSeen = waits;
            Outcome outcome = explore();

            assertThat(outcome.wrong).isEmpty();
            assertThat(outcome.orders).isGreaterThan(BigInteger.valueOf(100_000));
        }
    }

    /** The checks are worth something only if they notice what is missing. */
    @Test
    void allOrders_fillWithoutTheTokenCheck_leaveOldUsersBehind() {
        fill = mutate(fill, script -> script.replace("holders[i] == token", "true"));

        assertThat(explore().wrong).isNotEmpty();
        waitUntilSeen = true;
        assertThat(explore().wrong).isNotEmpty();
    }

    @Test
    void allOrders_applyThatLeavesTheLease_leaveOldUsersBehind() {
        waitUntilSeen = true;
        apply = mutate(
                apply, script -> script.replace("if ARGV[3] == '0' then", "if ARGV[3] == '0' then elseif false then"));

        assertThat(explore().wrong).isNotEmpty();
    }

    /** A feed that neither waits until the commit is seen nor holds fills off. */
    @Test
    void allOrders_applyTooEarly_leaveOldUsersBehind() {
        holdOff = "0";

        assertThat(explore().wrong).isNotEmpty();
    }

    @Test
    void allOrders_applyWithoutTheHold_leaveOldUsersBehind() {
        apply = mutate(
                apply,
                script -> script.replace(
                        "redis.pcall('SET', KEYS[i + 1], 'hold', 'PX', ARGV[3])", "redis.call('DEL', KEYS[i + 1])"));

        assertThat(explore().wrong).isNotEmpty();
    }

    @Test
    void allOrders_applyThatDropsTheUserAlone_leaveOldUsersBehind() {
        apply = mutate(
                apply, script -> script.replace("redis.pcall('SET', KEYS[i + 1], 'hold', 'PX', ARGV[3])", "false"));

        assertThat(explore().wrong).isNotEmpty();
    }

    @Test
    void allOrders_leaseDuringTheHold_leaveOldUsersBehind() {
        lease = mutate(
                lease,
                script -> script.replace("lease == 'hold'", "false")
                        .replace("elseif lease then", "elseif lease and lease ~= 'hold' then"));

        assertThat(explore().wrong).isNotEmpty();
    }

    /**
     * What came of all orders.
     *
     * @param wrong complete states that are neither empty nor as the database
     */
    private record Outcome(List<State> wrong, BigInteger orders) {}

    /** All states that can be reached, each once; orders are counted by the ways that lead to a state. */
    private Outcome explore() {
        List<State> wrong = new ArrayList<>();
        BigInteger orders = BigInteger.ZERO;
        // Level by level: all ways of one length, then those that are longer by one step.
        Map<State, BigInteger> level = new LinkedHashMap<>();
        for (boolean cached : new boolean[] {true, false}) {
            boolean exists = !change.before.equals(NO_USER);
            level.put(
                    new State(
                            cached && exists ? stored(change.before) : null,
                            null,
                            cached && !exists ? "1" : null,
                            Reader.NEW,
                            Reader.NEW,
                            0,
                            false,
                            false,
                            false,
                            false),
                    BigInteger.ONE);
        }
        Deque<Map<State, BigInteger>> waiting = new ArrayDeque<>(List.of(level));
        while (!waiting.isEmpty()) {
            Map<State, BigInteger> next = new LinkedHashMap<>();
            for (Map.Entry<State, BigInteger> entry : waiting.removeFirst().entrySet()) {
                State state = entry.getKey();
                if (state.isComplete()) {
                    orders = orders.add(entry.getValue());
                    if (!isRight(state)) {
                        wrong.add(state);
                    }
                }
                for (Actor actor : Actor.values()) {
                    State after = step(state, actor);
                    if (after != null) {
                        next.merge(after, entry.getValue(), BigInteger::add);
                    }
                }
            }
            if (!next.isEmpty()) {
                waiting.addLast(next);
            }
        }
        return new Outcome(wrong, orders);
    }

    private boolean isRight(State state) {
        boolean userIsRight = state.user == null || state.user.equals(stored(change.after));
        boolean absentIsRight = state.absent == null || change.after.equals(NO_USER);
        return userIsRight && absentIsRight;
    }

    /** The state after a step; null when the actor cannot do one now. */
    private @Nullable State step(State state, Actor actor) {
        return switch (actor) {
            case FIRST_READER -> {
                State after = read(state, state.first, "t1");
                yield after == null ? null : with(after, lastReader, after.second);
            }
            case SECOND_READER -> {
                State after = read(state, state.second, "t2");
                yield after == null ? null : with(after, after.first, lastReader);
            }
            case WRITER -> state.written == 2 ? null : progress(state, state.written + 1, state.applied);
            case FEED ->
                state.written < (waitUntilSeen ? 2 : 1) || state.applied
                        ? null
                        : progress(onRedis(state, this::applyChange), state.written, true);
            case HOLD_OFF ->
                state.heldOff || !state.applied || state.written < 2
                        ? null
                        : times(dropLease(state, "hold"), true, state.expired, state.evicted);
            case LEASE_EXPIRY ->
                state.expired ? null : times(dropLease(state, "t"), state.heldOff, true, state.evicted);
            case EVICTION ->
                state.evicted ? null : times(keys(state, null, state.lease, null), state.heldOff, state.expired, true);
        };
    }

    /** The reader after the step that {@link #read} has made. */
    private Reader lastReader = Reader.NEW;

    private @Nullable State read(State state, Reader reader, String token) {
        switch (reader.step) {
            case 0 -> {
                Map<String, Long> answer = new HashMap<>();
                State after = onRedis(state, () -> answer.put("lease", requestLease(token)));
                lastReader = Objects.equals(answer.get("lease"), 1L) ? new Reader(1, "") : Reader.DONE;
                return after;
            }
            case 1 -> {
                lastReader = new Reader(2, state.written == 2 ? change.after : change.before);
                return state;
            }
            case 2 -> {
                lastReader = Reader.DONE;
                return onRedis(state, () -> fillWith(token, reader.read));
            }
            default -> {
                return null;
            }
        }
    }

    private long requestLease(String token) {
        List<Object> reply = redis.eval(
                lease,
                ScriptOutputType.MULTI,
                new String[] {USER, LEASE, ABSENT},
                bytes(token),
                bytes("60000"),
                bytes(beyondSoftTtl ? "2" : "0"));
        return reply.getFirst() instanceof Long number ? number : 0;
    }

    private void fillWith(String token, String read) {
        if (!read.equals(NO_USER)) {
            redis.eval(
                    fill,
                    ScriptOutputType.INTEGER,
                    new String[] {USER, LEASE},
                    bytes(token),
                    bytes(stored(read)),
                    bytes("60000"));
        } else {
            redis.eval(
                    noteAbsence,
                    ScriptOutputType.INTEGER,
                    new String[] {USER, LEASE, ABSENT},
                    bytes(token),
                    bytes("60000"));
        }
    }

    private void applyChange() {
        boolean replaces = refresh && !change.after.equals(NO_USER);
        Long done = redis.eval(
                apply,
                ScriptOutputType.INTEGER,
                new String[] {FEED, USER, LEASE, ABSENT},
                bytes("s"),
                bytes(""),
                bytes(waitUntilSeen ? "0" : holdOff),
                bytes(replaces ? value(change.after) : ""));
        assertThat(done).isEqualTo(1);
    }

    /** Puts Redis in this state, does something, and takes what Redis holds then. */
    private State onRedis(State state, Runnable action) {
        put(USER, state.user);
        put(LEASE, state.lease);
        put(ABSENT, state.absent);
        action.run();
        return keys(state, get(USER), get(LEASE), get(ABSENT));
    }

    private void put(String key, @Nullable String value) {
        if (value == null) {
            redis.del(key);
        } else {
            redis.set(key, bytes(value));
        }
    }

    private @Nullable String get(String key) {
        byte[] value = redis.get(key);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static State dropLease(State state, String beginning) {
        boolean stands = state.lease != null && state.lease.startsWith(beginning);
        return keys(state, state.user, stands ? null : state.lease, state.absent);
    }

    private static State keys(State s, @Nullable String user, @Nullable String lease, @Nullable String absent) {
        return new State(user, lease, absent, s.first, s.second, s.written, s.applied, s.heldOff, s.expired, s.evicted);
    }

    private static State with(State s, Reader first, Reader second) {
        return new State(
                s.user, s.lease, s.absent, first, second, s.written, s.applied, s.heldOff, s.expired, s.evicted);
    }

    private static State progress(State s, int written, boolean applied) {
        return new State(
                s.user, s.lease, s.absent, s.first, s.second, written, applied, s.heldOff, s.expired, s.evicted);
    }

    private static State times(State s, boolean heldOff, boolean expired, boolean evicted) {
        return new State(s.user, s.lease, s.absent, s.first, s.second, s.written, s.applied, heldOff, expired, evicted);
    }

    /** What the feed knows. */
    private static String value(String deeplink) {
        return new String(UserJson.encode(new User(ID, deeplink, "p")).toObject(), StandardCharsets.UTF_8);
    }

    /** What is in Redis. */
    private String stored(String deeplink) {
        UserJson user = UserJson.encode(new User(ID, deeplink, "p"));
        return new String(
                CachedUserCodec.write(new CachedUser(user, beyondSoftTtl ? 1 : CachedUser.NO_EXPIRY)),
                StandardCharsets.UTF_8);
    }

    private static String mutate(String script, UnaryOperator<String> mutation) {
        String mutant = mutation.apply(script);
        assertThat(mutant).isNotEqualTo(script);
        return mutant;
    }

    private static String text(Script script) {
        return new String(script.text(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
