package dev.hotcold.testkit.model;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.HotStore;
import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.Loop;
import dev.hotcold.testkit.model.ModelRedis.LeaseReply;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Redis as one event loop uses it: commands leave at the end of the turn, fills first; they arrive in their order, and so do
 * the replies, each at a step of its own. A reply may be late or lost while its command takes effect all the same.
 */
public final class ModelHotStore implements HotStore {

    /**
     * How long things are kept.
     *
     * @param user soft TTL; zero = for ever
     * @param stale from the soft TTL to the hard one
     * @param absence zero = absences are not noted
     */
    public record Lives(Duration user, Duration stale, Duration absence) {}

    private static final List<Integer> PAUSES = List.of(1, 2, 4, 8, 16, 32);

    /** How near the soft TTL a hit may be to refresh the user ahead. */
    private static final Duration HORIZON = Duration.ofMillis(100);

    /** A script on its way, and its reply. */
    private final class Command<T> {

        private final Supplier<T> script;
        private final Completion<T> outcome;
        private final Cause behalf;
        private @Nullable Supplier<T> reply;
        private boolean settled;

        private Command(Supplier<T> script, Completion<T> outcome) {
            this.script = script;
            this.outcome = outcome;
            this.behalf = cause;
        }

        private void execute() {
            try {
                T result = script.get();
                reply = () -> result;
            } catch (ModelRedis.OutOfMemory full) {
                reply = () -> {
                    throw full;
                };
            }
        }

        private void receive() {
            if (settled) {
                return;
            }
            T result;
            try {
                result = reply == null ? script.get() : reply.get();
            } catch (ModelRedis.OutOfMemory full) {
                fail(Failure.ERROR_REPLY);
                return;
            }
            settled = true;
            onBehalfOf(behalf, () -> outcome.complete(result));
        }

        private void fail(Failure why) {
            if (!settled) {
                settled = true;
                onBehalfOf(behalf, () -> outcome.fail(new StoreFailure("Redis", why)));
            }
        }
    }

    private final ModelRedis redis;
    private final Lives lives;
    private final RequestBudget budget;
    private final Loop loop;
    private final RandomGenerator random;
    private final String name;
    private final LookupObserver observer;
    private final List<Command<?>> fills = new ArrayList<>();
    private final List<Command<?>> reads = new ArrayList<>();
    private final List<Command<?>> leases = new ArrayList<>();
    private final ArrayDeque<Command<?>> toRedis = new ArrayDeque<>();
    private final ArrayDeque<Command<?>> fromRedis = new ArrayDeque<>();
    private final ArrayDeque<Command<?>> ofBrokenConnections = new ArrayDeque<>();
    private Cause cause = Cause.CALL;
    private boolean flushScheduled;
    private boolean skipped;
    private boolean expectsMisses;
    private boolean alwaysAhead;
    private int tokens;
    private int leasesAhead;
    private Consumer<UserId> onFirstCommand = id -> {};
    private Consumer<UserId> onStaleUser = id -> {};

    /** @param name distinguishes its tokens from those of other loops */
    public ModelHotStore(
            ModelRedis redis,
            Lives lives,
            RequestBudget budget,
            Loop loop,
            RandomGenerator random,
            String name,
            LookupObserver observer) {
        this.redis = redis;
        this.lives = lives;
        this.budget = budget;
        this.loop = loop;
        this.random = random;
        this.name = name;
        this.observer = observer;
    }

    /** On whose behalf the lookup acts at this moment. */
    public Cause cause() {
        return cause;
    }

    /** Runs a step of the lookup on somebody's behalf. */
    public void onBehalfOf(Cause whom, Runnable step) {
        Cause before = cause;
        cause = whom;
        step.run();
        cause = before;
    }

    /**
     * Listens for the first command from now on.
     *
     * @param listener called once, with the id that is read or whose lease is asked for
     */
    public void onFirstCommand(Consumer<UserId> listener) {
        onFirstCommand = listener;
    }

    /**
     * Listens for users beyond their soft TTL.
     *
     * @param listener called before the lookup is given one
     */
    public void onStaleUser(Consumer<UserId> listener) {
        onStaleUser = listener;
    }

    /** The next command arrives in Redis and takes effect there. */
    public void deliver() {
        Command<?> command = toRedis.poll();
        if (command != null) {
            command.execute();
            fromRedis.add(command);
        }
    }

    /** The next reply arrives. */
    public void reply() {
        Command<?> command = fromRedis.poll();
        if (command != null) {
            command.receive();
        }
    }

    /** The connection breaks: no reply comes any more, but some of what was sent may still arrive in Redis. */
    public void breakConnection() {
        List<Command<?>> broken = new ArrayList<>(fromRedis);
        fromRedis.clear();
        int sent = random.nextInt(toRedis.size() + 1);
        for (int i = 0; !toRedis.isEmpty(); i++) {
            Command<?> command = toRedis.removeFirst();
            broken.add(command);
            if (i < sent) {
                ofBrokenConnections.add(command);
            }
        }
        broken.forEach(command -> command.fail(Failure.DISCONNECTED));
    }

    /** A command that was sent on a connection that broke since arrives in Redis. */
    public void deliverLate() {
        Command<?> command = ofBrokenConnections.poll();
        if (command != null) {
            command.execute();
        }
    }

    /** Whether the circuit breaker is open. */
    public void setSkipped(boolean skipped) {
        this.skipped = skipped;
    }

    public void setExpectsMisses(boolean expectsMisses) {
        this.expectsMisses = expectsMisses;
    }

    /** From now on each hit refreshes its user ahead. */
    public void refreshAlwaysAhead() {
        alwaysAhead = true;
    }

    /** How many leases were asked for to refresh ahead. */
    public int leasesAhead() {
        return leasesAhead;
    }

    /** Whether nothing is on its way. */
    public boolean isIdle() {
        return fills.isEmpty()
                && reads.isEmpty()
                && leases.isEmpty()
                && toRedis.isEmpty()
                && fromRedis.isEmpty()
                && ofBrokenConnections.isEmpty();
    }

    @Override
    public void read(UserId id, Completion<HotRead> outcome) {
        heard(id);
        if (skipped) {
            outcome.fail(new StoreFailure("Redis", Failure.SKIPPED));
        } else if (random.nextInt(8) == 0 && judge(id, redis.user(id)) instanceof HotRead.Hit hit) {
            // As from the near cache: within the call.
            outcome.complete(hit);
        } else {
            sendRead(id, outcome);
        }
    }

    @Override
    public Future<HotRead> readAsLastResort(UserId id) {
        Promise<HotRead> read = Promise.promise();
        sendRead(id, map(read, found -> found));
        return read.future();
    }

    @Override
    public boolean expectsMisses() {
        return expectsMisses;
    }

    @Override
    public boolean isProvenWithin(Duration most) {
        return false;
    }

    @Override
    public boolean isFollowed() {
        return true;
    }

    @Override
    public Future<LeaseOutcome> lease(UserId id, long deadline) {
        heard(id);
        return skipped ? skip() : ask(id, deadline, Duration.ZERO);
    }

    @Override
    public Future<LeaseOutcome> leaseAhead(UserId id) {
        leasesAhead++;
        Promise<LeaseOutcome> outcome = Promise.promise();
        onBehalfOf(Cause.REFRESH_AHEAD, () -> (skipped ? skip() : ask(id, loop.nanos(), HORIZON)).onComplete(outcome));
        return outcome.future();
    }

    @Override
    public Future<LeaseOutcome> seizeLease(UserId id) {
        if (skipped) {
            return skip();
        }
        Promise<LeaseOutcome> outcome = Promise.promise();
        String token = nextToken();
        send(
                leases,
                () -> redis.seize(id, token, budget.lease().toMillis()),
                map(
                        outcome,
                        granted ->
                                granted ? new LeaseOutcome.Granted(new LeaseToken(token)) : LeaseOutcome.Other.DENIED));
        return outcome.future();
    }

    @Override
    public void fill(UserId id, UserJson user, LeaseToken lease) {
        Duration hard = lives.user.plus(lives.user.isZero() ? Duration.ZERO : lives.stale);
        String object = new String(user.toObject(), StandardCharsets.UTF_8);
        String value = hard.equals(lives.user)
                ? object
                : "%s,\"fresh_until\":%d}"
                        .formatted(
                                object.substring(0, object.length() - 1), loop.epochMillis() + lives.user.toMillis());
        sendFill(() -> redis.fill(id, lease.value(), value, hard.toMillis()), true);
    }

    @Override
    public void fillAbsent(UserId id, LeaseToken lease) {
        sendFill(() -> redis.absent(id, lease.value(), lives.absence.toMillis()), !lives.absence.isZero());
    }

    @Override
    public void invalidate(UserId id) {
        sendFill(() -> redis.absent(id, "", 0), false);
    }

    @Override
    public void release(UserId id, LeaseToken lease) {
        sendFill(() -> redis.fill(id, lease.value(), "", 0), false);
    }

    private void heard(UserId id) {
        Consumer<UserId> listener = onFirstCommand;
        onFirstCommand = ignored -> {};
        listener.accept(id);
    }

    private static Future<LeaseOutcome> skip() {
        return Future.failedFuture(new StoreFailure("Redis", Failure.SKIPPED));
    }

    private String nextToken() {
        return name + tokens++;
    }

    /** @param stores whether there is something to store, or only to remove */
    private void sendFill(Supplier<Boolean> script, boolean stores) {
        if (!skipped) {
            send(fills, script, new Completion<>() {
                @Override
                public void complete(Boolean stored) {
                    if (stores) {
                        observer.fillsEnded(stored ? 1 : 0, stored ? 0 : 1);
                    }
                }

                @Override
                public void fail(Throwable cause) {}
            });
        }
    }

    private void sendRead(UserId id, Completion<HotRead> outcome) {
        send(reads, () -> new Value(redis.user(id)), new Completion<>() {
            @Override
            public void complete(Value value) {
                HotRead read = judge(id, value.text);
                if (read instanceof StaleUser) {
                    onStaleUser.accept(id);
                    onBehalfOf(Cause.REFRESH, () -> outcome.complete(read));
                } else {
                    outcome.complete(read);
                }
            }

            @Override
            public void fail(Throwable failure) {
                outcome.fail(failure);
            }
        });
    }

    private record Value(@Nullable String text) {}

    private HotRead judge(UserId id, @Nullable String value) {
        UserJson user = value == null ? null : parse(id, value);
        if (user == null) {
            return HotRead.Miss.MISS;
        }
        String rest = rest(user);
        if (rest.equals("}")) {
            return new HotRead.Hit(user, false);
        }
        long left = freshUntil(rest) - loop.epochMillis();
        return left <= 0
                ? new StaleUser(user, Duration.ofMillis(-left))
                : new HotRead.Hit(user, alwaysAhead || (left < HORIZON.toMillis() && random.nextBoolean()));
    }

    private static @Nullable UserJson parse(UserId id, String value) {
        return UserJson.prove(id, value.getBytes(StandardCharsets.UTF_8), 1);
    }

    private static String rest(UserJson user) {
        int end = user.offset() + user.length();
        return new String(user.array(), end, user.array().length - end, StandardCharsets.UTF_8);
    }

    private static long freshUntil(String rest) {
        return Long.parseLong(rest.substring(rest.indexOf(':') + 1, rest.length() - 1));
    }

    private Future<LeaseOutcome> ask(UserId id, long deadline, Duration ahead) {
        Promise<LeaseOutcome> outcome = Promise.promise();
        ask(id, deadline, ahead, false, 0, cause, outcome);
        return outcome.future();
    }

    private void ask(
            UserId id,
            long deadline,
            Duration ahead,
            boolean damaged,
            int pausesMade,
            Cause behalf,
            Promise<LeaseOutcome> outcome) {
        String token = nextToken();
        long now = loop.epochMillis() + ahead.toMillis();
        Completion<LeaseReply> answered = map(outcome, reply -> switch (reply) {
            case LeaseReply.Cached cached -> {
                UserJson user = parse(id, cached.value());
                if (user == null) {
                    ask(id, deadline, ahead, true, pausesMade, behalf, outcome);
                    yield null;
                }
                yield new LeaseOutcome.Filled(user);
            }
            case LeaseReply.Other.GRANTED -> new LeaseOutcome.Granted(new LeaseToken(token));
            case LeaseReply.Other.KNOWN_ABSENT -> LeaseOutcome.Other.KNOWN_ABSENT;
            case LeaseReply.Other.FORBIDDEN -> LeaseOutcome.Other.DENIED;
            case LeaseReply.Other.HELD -> {
                Duration pause = Duration.ofMillis(PAUSES.get(Math.min(pausesMade, PAUSES.size() - 1)));
                if (loop.nanos() + pause.toNanos() >= deadline) {
                    yield LeaseOutcome.Other.DENIED;
                }
                loop.after(pause, () -> ask(id, deadline, ahead, false, pausesMade + 1, behalf, outcome));
                yield null;
            }
        });
        onBehalfOf(
                behalf,
                () -> send(leases, () -> redis.lease(id, token, budget.lease().toMillis(), now, damaged), answered));
    }

    private <T> void send(List<Command<?>> turn, Supplier<T> script, Completion<T> outcome) {
        Command<T> command = new Command<>(script, outcome);
        turn.add(command);
        loop.after(budget.hotReply(), () -> command.fail(Failure.TIMEOUT));
        if (!flushScheduled) {
            flushScheduled = true;
            loop.atEndOfTurn(this::flush);
        }
    }

    private void flush() {
        flushScheduled = false;
        for (List<Command<?>> turn : List.of(fills, reads, leases)) {
            toRedis.addAll(turn);
            turn.clear();
        }
    }

    /** What is mapped to null is not the outcome yet. */
    private static <T, R> Completion<T> map(Promise<R> promise, Function<T, @Nullable R> mapping) {
        return new Completion<>() {
            @Override
            public void complete(T outcome) {
                R mapped = mapping.apply(outcome);
                if (mapped != null) {
                    promise.complete(mapped);
                }
            }

            @Override
            public void fail(Throwable cause) {
                promise.fail(cause);
            }
        };
    }
}
