package dev.hotcold.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.testkit.ManualTime;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
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
    private final Deque<RedisCommand<byte[], byte[], ?>> sent = new ArrayDeque<>();
    private Optional<String> version = Optional.of("7.2.4");
    private final NearCache near = new NearCache(
            10,
            () -> version,
            new Freshness(time, Duration.ZERO),
            new SilentObserver(),
            time,
            () -> {},
            sent::add,
            () -> {});

    @BeforeEach
    void connect() {
        near.opened();
        passTrial();
    }

    private void passTrial() {
        reply("OK");
        reply("OK");
        reply(null);
        tell(TRIAL);
        reply("OK");
        reply(null);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Redis replies to the oldest command that it has not replied to. */
    private void reply(@Nullable String status) {
        RedisCommand<byte[], byte[], ?> command = sent.remove();
        Objects.requireNonNull(command.getOutput()).set(status == null ? null : bytes(status));
        command.complete();
    }

    private void replyError() {
        RedisCommand<byte[], byte[], ?> command = sent.remove();
        Objects.requireNonNull(command.getOutput()).setError("ERR no");
        command.complete();
    }

    private void replyNumber(long number) {
        RedisCommand<byte[], byte[], ?> command = sent.remove();
        Objects.requireNonNull(command.getOutput()).set(number);
        command.complete();
    }

    /** Redis tells that keys have changed. */
    private void tell(String... keys) {
        near.pushed(new Push(Arrays.asList(
                bytes("invalidate"),
                Arrays.stream(keys).map(NearCacheTest::bytes).toList())));
    }

    private static String value(long freshUntil) {
        return new String(CachedValue.write(USER, freshUntil), StandardCharsets.UTF_8);
    }

    /** Alice is seen twice, and asked for to be kept. */
    private void want() {
        near.saw(ALICE, USER);
        near.saw(ALICE, USER);
        List<RedisCommand<byte[], byte[], ?>> outgoing = new ArrayList<>();
        near.sendInto(outgoing);
        sent.addAll(outgoing);
    }

    private void keep(String value, long millis) {
        want();
        reply("OK");
        reply(value);
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
            while (!sent.isEmpty()) {
                assertThat(sent.peek().getType()).isEqualTo(CommandType.MGET);
                reply(null);
            }
        }
    }

    @Test
    void read_seenOnce_isLeftToRedis() {
        List<RedisCommand<byte[], byte[], ?>> outgoing = new ArrayList<>();

        near.saw(ALICE, USER);
        near.sendInto(outgoing);

        assertThat(outgoing).isEmpty();
        assertThat(serves()).isFalse();
    }

    @Test
    void read_kept_isServedWhileRedisAnswers() {
        keep(value(CachedValue.NO_END), HOUR);

        pass(Duration.ofMinutes(10));

        assertThat(serves()).isTrue();
    }

    @Test
    void read_told_isLeftToRedis() {
        keep(value(CachedValue.NO_END), HOUR);

        tell("user:bob");
        assertThat(serves()).isTrue();
        tell("user:alice");

        assertThat(serves()).isFalse();
    }

    @Test
    void read_toldBetweenTheReplies_isNotKept() {
        want();
        reply("OK");
        reply(value(CachedValue.NO_END));
        tell("user:alice");
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_ownFillWhileItIsRead_isNotKept() {
        want();
        near.drop(ALICE);
        reply("OK");
        reply(value(CachedValue.NO_END));
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_ownFill_isLeftToRedisAtOnce() {
        keep(value(CachedValue.NO_END), HOUR);

        near.drop(ALICE);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_trackingOfTheReadRefused_isNotKept() {
        want();
        replyError();
        reply(value(CachedValue.NO_END));
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_unlimitedKey_isKept() {
        keep(value(CachedValue.NO_END), -1);

        assertThat(serves()).isTrue();
    }

    @Test
    void read_keyGoneMeanwhile_isNotKept() {
        keep(value(CachedValue.NO_END), -2);

        assertThat(serves()).isFalse();
    }

    @Test
    void read_endOfTheKey_isLeftToRedis() {
        keep(value(CachedValue.NO_END), 1000);

        pass(Duration.ofMillis(999));
        assertThat(serves()).isTrue();
        pass(Duration.ofMillis(1));

        assertThat(serves()).isFalse();
    }

    @Test
    void read_endOfTheUsersTime_isLeftToRedis() {
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
        keep(value(CachedValue.NO_END), HOUR);
        pass(Duration.ofSeconds(1));
        assertThat(serves()).isTrue();

        time.pass(Duration.ofMillis(Tracking.TRUST_MILLIS + 1));
        assertThat(serves()).isFalse();
        time.pass(Duration.ofMillis(Tracking.BEAT_MILLIS));
        reply(null);

        // That was an answer to a question from before.
        assertThat(serves()).isFalse();
        pass(Duration.ofMillis(2 * Tracking.BEAT_MILLIS));
        assertThat(serves()).isTrue();
    }

    @Test
    void read_redisRefusesReads_isLeftToRedis() {
        keep(value(CachedValue.NO_END), HOUR);

        for (int i = 0; i < 5; i++) {
            var _ = near.read(ALICE);
            time.pass(Duration.ofMillis(Tracking.BEAT_MILLIS));
            replyError();
        }

        assertThat(serves()).isFalse();
    }

    @Test
    void read_loopStoodStill_isLeftToRedis() {
        keep(value(CachedValue.NO_END), HOUR);

        time.jump(Duration.ofSeconds(1));

        assertThat(serves()).isFalse();
    }

    @Test
    void beat_nobodyAsks_redisIsLeftAlone() {
        keep(value(CachedValue.NO_END), HOUR);
        pass(Duration.ofMillis(100));
        time.pass(Duration.ofMillis(Tracking.BEAT_MILLIS));
        sent.clear();

        time.pass(Duration.ofMinutes(1));

        assertThat(sent).isEmpty();
    }

    @Test
    void pushed_flushOfEverything_isLeftToRedis() {
        keep(value(CachedValue.NO_END), HOUR);

        near.pushed(new Push(Arrays.asList(bytes("invalidate"), null)));

        assertThat(serves()).isFalse();
    }

    @Test
    void pushed_notUnderstood_isLeftToRedis() {
        keep(value(CachedValue.NO_END), HOUR);

        near.pushed(new Push(Arrays.asList(bytes("invalidate"), List.of(7L))));

        assertThat(serves()).isFalse();
    }

    @Test
    void lost_nothingIsServedNorKeptOfTheOldConnection() {
        keep(value(CachedValue.NO_END), HOUR);
        want();
        List<RedisCommand<byte[], byte[], ?>> old = List.copyOf(sent);
        sent.clear();

        near.lost();
        assertThat(serves()).isFalse();
        near.opened();
        passTrial();
        sent.addAll(old);
        reply("OK");
        reply(value(CachedValue.NO_END));
        replyNumber(HOUR);

        assertThat(serves()).isFalse();
        keep(value(CachedValue.NO_END), HOUR);
        assertThat(serves()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "6.0.16", "6.2.6"})
    void opened_redisTooOld_isNotAskedAndSaysSo(String old) {
        version = old.isEmpty() ? Optional.empty() : Optional.of(old);

        near.opened();

        assertThat(sent).isEmpty();
        assertThat(near.health().reason())
                .hasValueSatisfying(problem -> assertThat(problem).contains("NEAR_CACHE_ENTRIES"));
        want();
        assertThat(sent).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.2.7", "6.2.11", "7.0.0", "8.0-rc1", "255.255.255"})
    void opened_redisNewEnough_isAsked(String known) {
        version = Optional.of(known);

        near.opened();
        passTrial();

        assertThat(near.health().reason()).isEmpty();
    }

    @Test
    void opened_trackingRefused_keepsNothingAndTriesAgainLater() {
        near.opened();
        replyError();
        sent.clear();
        assertThat(near.health().reason())
                .hasValueSatisfying(problem -> assertThat(problem).contains("refuses CLIENT TRACKING"));
        want();
        assertThat(sent).isEmpty();

        time.pass(Duration.ofSeconds(5));
        passTrial();

        assertThat(near.health().reason()).isEmpty();
        keep(value(CachedValue.NO_END), HOUR);
        assertThat(serves()).isTrue();
    }

    @Test
    void opened_changeOfTheTrialNotTold_keepsNothing() {
        near.opened();
        reply("OK");
        reply("OK");
        reply(null);
        reply("OK");
        reply(null);

        assertThat(near.health().reason())
                .hasValueSatisfying(problem -> assertThat(problem).contains("does not tell of changes"));
        want();
        assertThat(sent).isEmpty();
    }
}
