package dev.hotcold.hot.near;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.LinkSettings;
import dev.hotcold.hot.link.RedisHealth;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In which order replies and messages can come, and what is served then. Redis is played by the test. */
class NearCacheTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");
    private static final UserJson USER = UserJson.encode(new User(ALICE, "d", "p"));
    private static final CachedUser CACHED = new CachedUser(USER, CachedUser.NO_EXPIRY);
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final String TRIAL = "lease:{user:}";

    private record Push(List<@Nullable Object> content) implements PushMessage {

        @Override
        public String getType() {
            return "invalidate";
        }

        @Override
        @SuppressWarnings("NullAway") // as Redis does it, the content may be null
        public List<Object> getContent() {
            return new ArrayList<>(content);
        }

        @Override
        public List<Object> getContent(Function<ByteBuffer, Object> decode) {
            throw new UnsupportedOperationException();
        }
    }

    private final ManualTime time = new ManualTime();
    private final ScriptedRedis redis = new ScriptedRedis();
    private final RedisLink link = new RedisLink(
            new LinkSettings(Duration.ofMillis(100), Duration.ofMillis(100), 1, Duration.ZERO),
            new UserKeys(""),
            new RequestBudget(Duration.ofMillis(300)),
            time,
            new SilentObserver(),
            redis.factory());
    private final NearCache near =
            new NearCache(10, link, new SoftTtl(time, Duration.ZERO, () -> true), new SilentObserver(), time);

    @BeforeEach
    void connect() {
        link.addSource(near);
        link.addListener(near);
        redis.connect();
        time.endTurn();
        passTrial();
    }

    private void passTrial() {
        reply("OK");
        reply("OK");
        reply(null);
        invalidate(TRIAL);
        reply("OK");
        replyNothing();
    }

    private static ByteBuffer bytes(String text) {
        return ScriptedRedis.bytes(text);
    }

    /** Redis replies to the oldest command that it has not replied to. */
    private void reply(@Nullable String status) {
        redis.reply(status);
        time.endTurn();
    }

    private void replyValue(String value) {
        redis.replyAll(value);
        time.endTurn();
    }

    /** To a read of one key. */
    private void replyNothing() {
        redis.replyAll((Object) null);
        time.endTurn();
    }

    private void replyError() {
        redis.replyError("ERR no");
        time.endTurn();
    }

    private void replyNumber(long number) {
        redis.replyNumber(number);
        time.endTurn();
    }

    private Optional<String> degradedBecause() {
        return link.health().of(RedisHealth.Aspect.NEAR_CACHE).reason();
    }

    /** Redis invalidates keys. */
    private void invalidate(String... keys) {
        redis.push(new Push(Arrays.asList(
                bytes("invalidate"),
                Arrays.stream(keys).map(NearCacheTest::bytes).toList())));
    }

    private static String value(long freshUntil) {
        return new String(CachedUserCodec.write(new CachedUser(USER, freshUntil)), StandardCharsets.UTF_8);
    }

    /** Alice is seen twice, and read to be kept. */
    private void want() {
        near.saw(ALICE, CACHED);
        near.saw(ALICE, CACHED);
        time.endTurn();
    }

    private void keep(String value, long millis) {
        want();
        reply("OK");
        replyValue(value);
        replyNumber(millis);
    }

    private boolean serves() {
        return near.read(ALICE) instanceof HotRead.Hit hit && hit.user().equals(USER);
    }

    /** Somebody asks all the time, and Redis answers at once. */
    private void pass(Duration duration) {
        for (long left = duration.toMillis(); left > 0; left -= 10) {
            time.pass(Duration.ofMillis(Math.min(left, 10)));
            var _ = near.read(ALICE);
            time.endTurn();
            while (!redis.unanswered().isEmpty()) {
                assertThat(redis.unanswered().getFirst().getType()).isEqualTo(CommandType.MGET);
                replyNothing();
            }
        }
    }

    @Test
    void read_seenOnce_isLeftToRedis() {
        near.saw(ALICE, CACHED);
        time.endTurn();

        assertThat(redis.unanswered()).isEmpty();
        assertThat(serves()).isFalse();
    }

    @Test
    void read_kept_isServedWhileRedisAnswers() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        pass(Duration.ofMinutes(10));

        assertThat(serves()).isTrue();
    }

    @Test
    void read_invalidated_isLeftToRedis() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        invalidate("user:bob");
        assertThat(serves()).isTrue();
        invalidate("user:alice");

        assertThat(serves()).isFalse();
    }

    @Test
    void read_invalidatedBetweenTheReplies_isNotKept() {
        want();
        reply("OK");
        replyValue(value(CachedUser.NO_EXPIRY));
        invalidate("user:alice");
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_ownFillWhileItIsRead_isNotKept() {
        want();
        near.invalidate(ALICE);
        reply("OK");
        replyValue(value(CachedUser.NO_EXPIRY));
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_ownFill_isLeftToRedisAtOnce() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        near.invalidate(ALICE);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_trackingOfTheReadRefused_isNotKept() {
        want();
        replyError();
        replyValue(value(CachedUser.NO_EXPIRY));
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_unlimitedKey_isKept() {
        keep(value(CachedUser.NO_EXPIRY), -1);

        assertThat(serves()).isTrue();
    }

    @Test
    void read_keyGoneMeanwhile_isNotKept() {
        keep(value(CachedUser.NO_EXPIRY), -2);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_endOfTheKey_isLeftToRedis() {
        keep(value(CachedUser.NO_EXPIRY), 1000);

        pass(Duration.ofMillis(999));
        assertThat(serves()).isTrue();
        pass(Duration.ofMillis(1));

        assertThat(serves()).isFalse();
    }

    @Test
    void read_endOfTheSoftTtl_isLeftToRedis() {
        keep(value(time.epochMillis() + 1000), HOUR);

        time.setEpochMillis(time.epochMillis() + 999);
        assertThat(serves()).isTrue();
        time.setEpochMillis(time.epochMillis() + 1);

        assertThat(serves()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no user", "{\"user_id\":\"bob\",\"deeplink\":\"d\",\"promo_message\":\"p\"}"})
    void read_noUser_isNotKept(String value) {
        keep(value, HOUR);

        assertThat(near.read(ALICE)).isNull();
    }

    @Test
    void read_longValue_isNotKept() {
        keep(
                new String(
                        UserJson.encode(new User(ALICE, "d".repeat(NearCache.LONGEST), "p"))
                                .toObject(),
                        StandardCharsets.UTF_8),
                HOUR);

        assertThat(near.read(ALICE)).isNull();
    }

    @Test
    void read_redisSilent_isLeftToRedisUntilItAnswers() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);
        pass(Duration.ofSeconds(1));
        assertThat(serves()).isTrue();

        time.pass(Duration.ofMillis(Tracking.TRUST_MILLIS + 1));
        assertThat(serves()).isFalse();
        time.pass(Duration.ofMillis(Tracking.BEAT_MILLIS));
        replyNothing();

        // That was an answer to a question from before.
        assertThat(serves()).isFalse();
        pass(Duration.ofMillis(2 * Tracking.BEAT_MILLIS));
        assertThat(serves()).isTrue();
    }

    @Test
    void read_redisRefusesReads_isLeftToRedis() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        for (int i = 0; i < 5; i++) {
            var _ = near.read(ALICE);
            time.pass(Duration.ofMillis(Tracking.BEAT_MILLIS));
            replyError();
        }

        assertThat(serves()).isFalse();
    }

    @Test
    void read_loopStoodStill_isLeftToRedis() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        time.jump(Duration.ofSeconds(1));

        assertThat(serves()).isFalse();
    }

    @Test
    void beat_nobodyAsks_redisIsLeftAlone() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);
        pass(Duration.ofMillis(100));
        time.pass(Duration.ofMillis(Tracking.BEAT_MILLIS));
        redis.unanswered().clear();

        time.pass(Duration.ofMinutes(1));

        assertThat(redis.unanswered()).isEmpty();
    }

    @Test
    void pushed_flushOfEverything_isLeftToRedis() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        redis.push(new Push(Arrays.asList(bytes("invalidate"), null)));

        assertThat(serves()).isFalse();
    }

    @Test
    void pushed_notUnderstood_isLeftToRedis() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);

        redis.push(new Push(Arrays.asList(bytes("invalidate"), List.of(7L))));

        assertThat(serves()).isFalse();
    }

    @Test
    void lost_nothingIsServedNorKeptOfTheOldConnection() {
        keep(value(CachedUser.NO_EXPIRY), HOUR);
        want();
        List<RedisCommand<byte[], byte[], ?>> old = List.copyOf(redis.unanswered());
        redis.unanswered().clear();

        near.lost();
        assertThat(serves()).isFalse();
        near.opened();
        time.endTurn();
        passTrial();
        redis.unanswered().addAll(old);
        reply("OK");
        replyValue(value(CachedUser.NO_EXPIRY));
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
        keep(value(CachedUser.NO_EXPIRY), HOUR);
        assertThat(serves()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "6.0.16", "6.2.6"})
    void opened_redisTooOld_isNotAskedAndSaysSo(String old) {
        redis.setVersion(old.isEmpty() ? Optional.empty() : Optional.of(old));

        near.opened();
        time.endTurn();

        assertThat(redis.unanswered()).isEmpty();
        assertThat(degradedBecause())
                .hasValueSatisfying(problem -> assertThat(problem).contains("NEAR_CACHE_ENTRIES"));
        want();
        assertThat(redis.unanswered()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.2.7", "6.2.11", "7.0.0", "8.0-rc1", "255.255.255"})
    void opened_redisNewEnough_isAsked(String known) {
        redis.setVersion(Optional.of(known));

        near.opened();
        time.endTurn();
        passTrial();

        assertThat(degradedBecause()).isEmpty();
    }

    @Test
    void opened_trackingRefused_keepsNothingAndTriesAgainLater() {
        near.opened();
        time.endTurn();
        replyError();
        redis.unanswered().clear();
        assertThat(degradedBecause())
                .hasValueSatisfying(problem -> assertThat(problem).contains("refuses CLIENT TRACKING"));
        want();
        assertThat(redis.unanswered()).isEmpty();

        time.pass(Duration.ofSeconds(5));
        passTrial();

        assertThat(degradedBecause()).isEmpty();
        keep(value(CachedUser.NO_EXPIRY), HOUR);
        assertThat(serves()).isTrue();
    }

    @Test
    void opened_trialKeyNotInvalidated_keepsNothing() {
        near.opened();
        time.endTurn();
        reply("OK");
        reply("OK");
        reply(null);
        reply("OK");
        replyNothing();

        assertThat(degradedBecause())
                .hasValueSatisfying(problem -> assertThat(problem).contains("sends no invalidations"));
        want();
        assertThat(redis.unanswered()).isEmpty();
    }
}
