package dev.hotcold.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.model.ModelRedis;
import dev.hotcold.testkit.model.ModelRedis.Change;
import dev.hotcold.testkit.model.ModelRedis.LeaseReply;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same random scripts on the model and on a real Redis: replies and what is stored are equal after each. What the
 * property test of the lookup finds on the model is worth as much as this holds.
 */
class ModelRedisIT {

    private static final List<UserId> IDS = List.of((UserId) UserId.parse("alice"), (UserId) UserId.parse("bob"));
    private static final String FEED = "changefeed:model";
    private static final String LIFE = "600000";
    private static final long NOW = 1_000;
    private static final int STEPS = 2_000;

    private final Servers servers = Servers.shared();
    private final RedisCommands<String, byte[]> redis = servers.redisCommands();
    private final ModelRedis model = new ModelRedis(new ManualTime());
    private int tokens;

    @BeforeEach
    void evictNothing() {
        redis.configSet("maxmemory-policy", "noeviction");
    }

    @AfterEach
    void empty() {
        redis.configSet("maxmemory", "512mb");
        redis.configSet("maxmemory-policy", "allkeys-lru");
        redis.flushall();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void scripts_inAnyOrder_doTheSameToTheModel(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        takeOver("s0");
        for (int step = 0; step < STEPS; step++) {
            UserId id = IDS.get(random.nextInt(IDS.size()));
            String what = "seed " + seed + ", step " + step + ": ";
            switch (random.nextInt(16)) {
                case 0, 1, 2 -> lease(what + "lease", id, random.nextInt(4) == 0);
                case 3 -> seize(what + "seize", id);
                case 4, 5, 6 ->
                    fill(what + "fill", id, token(random, id), random.nextInt(4) == 0 ? "" : value(random, id));
                case 7, 8 -> absent(what + "absent", id, token(random, id), random.nextBoolean() ? LIFE : "0");
                case 9, 10, 11, 12 -> apply(what + "apply", random);
                case 13 -> {
                    redis.del("lease:{user:" + id + "}");
                    model.endLease(id);
                }
                case 14 -> takeOver("s" + random.nextInt(2));
                default -> setFull(random.nextInt(4) == 0);
            }
            assertSameContent(what);
        }
    }

    private void lease(String what, UserId id, boolean damaged) {
        String token = nextToken();
        String modelled = outcome(() -> switch (model.lease(id, token, 600_000, NOW, damaged)) {
            case LeaseReply.Cached cached -> cached.value();
            case LeaseReply.Other.GRANTED -> "1";
            case LeaseReply.Other.HELD -> "0";
            case LeaseReply.Other.FORBIDDEN -> "-1";
            case LeaseReply.Other.KNOWN_ABSENT -> "-2";
        });
        Stream<String> arguments = Stream.of(token, LIFE, Long.toString(NOW));
        String real = outcome(() -> text(
                eval(
                                        Script.LEASE,
                                        ScriptOutputType.MULTI,
                                        keys(id),
                                        damaged ? Stream.concat(arguments, Stream.of("1")) : arguments)
                                instanceof List<?> list
                        ? list.getFirst()
                        : null));
        assertThat(real).as(what).isEqualTo(modelled);
    }

    private void seize(String what, UserId id) {
        String token = nextToken();
        String modelled = outcome(() -> model.seize(id, token, 600_000) ? "1" : "-1");
        String real = outcome(() -> text(
                eval(Script.SEIZE, ScriptOutputType.MULTI, keys(id), Stream.of(token, LIFE)) instanceof List<?> list
                        ? list.getFirst()
                        : null));
        assertThat(real).as(what).isEqualTo(modelled);
    }

    private void fill(String what, UserId id, String token, String value) {
        String modelled = outcome(() -> model.fill(id, token, value, 600_000) ? "1" : "0");
        String real = outcome(() ->
                text(eval(Script.FILL, ScriptOutputType.INTEGER, keys(id).limit(2), Stream.of(token, value, LIFE))));
        assertThat(real).as(what).isEqualTo(modelled);
    }

    private void absent(String what, UserId id, String token, String life) {
        String modelled = outcome(() -> model.absent(id, token, Long.parseLong(life)) ? "1" : "0");
        String real =
                outcome(() -> text(eval(Script.ABSENT, ScriptOutputType.INTEGER, keys(id), Stream.of(token, life))));
        assertThat(real).as(what).isEqualTo(modelled);
    }

    private void apply(String what, RandomGenerator random) {
        String session = "s" + random.nextInt(2);
        String position = random.nextBoolean() ? "" : Integer.toString(random.nextInt(100));
        long hold = random.nextBoolean() ? 0 : 600_000;
        List<Change> changes = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            UserId id = IDS.get(random.nextInt(IDS.size()));
            String user = new String(UserJson.encode(user(random, id)).toObject(), StandardCharsets.UTF_8);
            changes.add(new Change(id, random.nextInt(3) == 0 ? "" : user));
        }
        String modelled = outcome(() -> model.apply(session, position, hold, changes) ? "1" : "0");
        String real = outcome(() -> text(eval(
                Script.APPLY,
                ScriptOutputType.INTEGER,
                Stream.concat(Stream.of(FEED), changes.stream().flatMap(change -> keys(change.id()))),
                Stream.concat(
                        Stream.of(session, position, Long.toString(hold)),
                        changes.stream().map(Change::value)))));
        assertThat(real).as(what + " %d %s", hold, changes).isEqualTo(modelled);
    }

    private void takeOver(String session) {
        String modelled = outcome(() -> model.takeOver(session));
        String real = outcome(() -> text(
                eval(Script.TAKE_OVER, ScriptOutputType.MULTI, Stream.of(FEED), Stream.of(session, "7/1"))
                                instanceof List<?> list
                        ? list.getFirst()
                        : null));
        assertThat(real).as("take-over").isEqualTo(modelled);
    }

    private void setFull(boolean full) {
        model.setFull(full);
        redis.configSet("maxmemory", full ? "1" : "512mb");
    }

    private void assertSameContent(String what) {
        for (UserId id : IDS) {
            assertThat(get("user:" + id)).as(what + "user").isEqualTo(model.user(id));
            assertThat(get("lease:{user:" + id + "}")).as(what + "lease").isEqualTo(model.leaseOf(id));
            assertThat(get("absent:{user:" + id + "}") != null)
                    .as(what + "absent")
                    .isEqualTo(model.notesAbsence(id));
        }
    }

    private @Nullable String get(String key) {
        return text(redis.get(key));
    }

    private @Nullable Object eval(Script script, ScriptOutputType type, Stream<String> keys, Stream<String> arguments) {
        return redis.eval(
                script.text(),
                type,
                keys.toArray(String[]::new),
                arguments.map(text -> text.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new));
    }

    private static Stream<String> keys(UserId id) {
        return Stream.of("user:" + id, "lease:{user:" + id + "}", "absent:{user:" + id + "}");
    }

    /** The reply, or that there was no memory for it. */
    private static @Nullable String outcome(Supplier<@Nullable String> script) {
        try {
            return script.get();
        } catch (ModelRedis.OutOfMemory full) {
            return "OOM";
        } catch (RedisCommandExecutionException full) {
            assertThat(full).hasMessageContaining("OOM");
            return "OOM";
        }
    }

    private static @Nullable String text(@Nullable Object reply) {
        return reply instanceof byte[] bytes
                ? new String(bytes, StandardCharsets.UTF_8)
                : reply == null ? null : reply.toString();
    }

    private String nextToken() {
        return "t" + tokens++;
    }

    /** Mostly one that stands. */
    private String token(RandomGenerator random, UserId id) {
        String standing = model.leaseOf(id);
        return standing == null || standing.equals(ModelRedis.HOLD) || random.nextInt(4) == 0 ? "t" : standing;
    }

    private static User user(RandomGenerator random, UserId id) {
        return new User(id, "d" + random.nextInt(1_000), "p");
    }

    /** Without a soft TTL, within it, or beyond it. */
    private static String value(RandomGenerator random, UserId id) {
        long freshUntil = switch (random.nextInt(3)) {
            case 0 -> CachedUser.NO_EXPIRY;
            case 1 -> NOW + 1;
            default -> NOW;
        };
        return new String(
                CachedUserCodec.write(new CachedUser(UserJson.encode(user(random, id)), freshUntil)),
                StandardCharsets.UTF_8);
    }
}
