package dev.hotcold.hot.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.hot.batch.MissRatio;
import dev.hotcold.hot.batch.Reads;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.LinkSettings;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.loop.Completion;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a loop uses what Redis has, by what is said of whose that is. Redis is played by the test. */
class DeploymentCheckTest {

    private static final Deployment OURS = new Deployment("7", "db", "public.users");
    private static final Deployment THEIRS = new Deployment("8", "shop", "public.users");
    private static final String VALUE = "{\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"p\"}";

    private final ManualTime time = new ManualTime();
    private final ScriptedRedis redis = new ScriptedRedis();
    private final RedisLink link = new RedisLink(
            new LinkSettings(Duration.ofMillis(100), Duration.ofMillis(100), 1, Duration.ZERO),
            new UserKeys(""),
            new RequestBudget(Duration.ofMillis(300)),
            time,
            new SilentObserver(),
            redis.factory());
    private final AtomicReference<Optional<Deployment>> newest = new AtomicReference<>(Optional.empty());
    private final KnownDeployment own = new KnownDeployment(newest);
    private final List<Claim> takeovers = new ArrayList<>();
    private final DeploymentCheck check = new DeploymentCheck(link, time, own, takeovers::add);
    private final Reads reads = new Reads(
            link,
            time,
            new SilentObserver(),
            new MissRatio(),
            new SoftTtl(time, Duration.ZERO, () -> true),
            (id, user) -> {},
            new Reads.Bounds(1, Duration.ofMillis(30)));

    @BeforeEach
    void connect() {
        link.addListener(check);
        link.addSource(reads);
        own.isIn(OURS.system());
        own.isTable(OURS.database(), OURS.table());
        redis.connect();
        time.endTurn();
    }

    private static String mark(Deployment deployment) {
        return "{\"system\":\"" + deployment.system() + "\"," + Mark.body(deployment);
    }

    /** The oldest command, which is to be this one, is answered. */
    private void answer(Claim.How how, String state, @Nullable String mark) {
        List<String> words =
                ScriptedRedis.words(Objects.requireNonNull(redis.unanswered().peek()));
        assertThat(words)
                .startsWith("EVALSHA", Script.CLAIM.digest(), "2", "user:#deployment", "user:#alive")
                .endsWith(how.name().toLowerCase(java.util.Locale.ROOT));
        redis.replyAll(state, mark == null ? "" : mark);
        time.endTurn();
    }

    private Optional<String> reason() {
        return link.health().of(Aspect.DEPLOYMENT).reason();
    }

    @Test
    void opened_nothingSaidYet_isNotUsed() {
        assertThat(link.isUsable()).isFalse();
        assertThat(link.whyUnusable()).isEqualTo(Failure.DISCONNECTED);
        assertThat(check.whenSettled().isComplete()).isFalse();
    }

    @Test
    void opened_ownCache_isUsedAndAskedForAgainEverySecond() {
        Future<Void> settled = check.whenSettled();
        answer(Claim.How.CLAIM, "own", mark(OURS));

        assertThat(link.isUsable()).isTrue();
        assertThat(settled.isComplete()).isTrue();
        assertThat(redis.unanswered()).isEmpty();
        time.pass(DeploymentCheck.PERIOD);
        answer(Claim.How.CLAIM, "own", mark(OURS));
        assertThat(link.isUsable()).isTrue();
        assertThat(reason()).isEmpty();
    }

    @Test
    void opened_anothersCache_isLeftAloneAndBothAreNamed() {
        answer(Claim.How.CLAIM, "other", mark(THEIRS));

        assertThat(link.isUsable()).isFalse();
        assertThat(link.isReachable()).isFalse();
        assertThat(link.whyUnusable()).isEqualTo(Failure.SKIPPED);
        assertThat(reason().orElseThrow())
                .contains(THEIRS.toString(), OURS.toString(), "REDIS_KEY_PREFIX", "REDIS_ADDR");
        assertThat(takeovers).isEmpty();
    }

    @Test
    void refused_otherIsGoneForAWhile_isTakenAndUsedOnceCleared() {
        answer(Claim.How.CLAIM, "other", mark(THEIRS));
        time.pass(DeploymentCheck.PERIOD);
        answer(Claim.How.WAIT, "gone", mark(THEIRS));

        for (Duration passed = Duration.ZERO;
                passed.compareTo(DeploymentCheck.GONE) < 0;
                passed = passed.plus(DeploymentCheck.TICK)) {
            assertThat(takeovers).isEmpty();
            time.pass(DeploymentCheck.TICK);
            if (passed.plus(DeploymentCheck.TICK).compareTo(DeploymentCheck.GONE) < 0) {
                answer(Claim.How.WAIT, "gone", mark(THEIRS));
            }
        }
        answer(Claim.How.SEIZE, "clear", mark(THEIRS));

        assertThat(takeovers).singleElement().extracting(Claim::deployment).isEqualTo(OURS);
        assertThat(link.isUsable()).isFalse();
        time.pass(DeploymentCheck.TICK);
        answer(Claim.How.CLAIM, "clear", mark(OURS));
        assertThat(link.isUsable()).isFalse();
        time.pass(DeploymentCheck.TICK);
        answer(Claim.How.CLAIM, "own", mark(OURS));
        assertThat(link.isUsable()).isTrue();
        assertThat(reason()).isEmpty();
    }

    /** Its mark may have been evicted, or all of Redis been flushed: it will be back in a second. */
    @Test
    void refused_markIsGoneForAMoment_isNotTaken() {
        answer(Claim.How.CLAIM, "other", mark(THEIRS));
        time.pass(DeploymentCheck.PERIOD);
        answer(Claim.How.WAIT, "gone", null);
        time.pass(DeploymentCheck.TICK);
        answer(Claim.How.WAIT, "other", mark(THEIRS));
        time.pass(DeploymentCheck.GONE);
        answer(Claim.How.WAIT, "other", mark(THEIRS));

        assertThat(takeovers).isEmpty();
        assertThat(link.isUsable()).isFalse();
    }

    @Test
    void lost_anotherConnection_isAskedBeforeItIsUsed() {
        answer(Claim.How.CLAIM, "own", mark(OURS));
        redis.disconnect();
        assertThat(link.isUsable()).isFalse();

        redis.connect();
        time.endTurn();

        assertThat(link.isUsable()).isFalse();
        answer(Claim.How.CLAIM, "other", mark(THEIRS));
        assertThat(link.isUsable()).isFalse();
    }

    /** As of a process that was frozen: what its claim was worth is over, and what it reads may be another's. */
    @Test
    void read_answeredLongAfterTheMark_doesNotCount() {
        answer(Claim.How.CLAIM, "own", mark(OURS));
        List<Object> heard = new ArrayList<>();
        reads.read((UserId) UserId.parse("alice"), new Completion<>() {
            @Override
            public void complete(HotRead read) {
                heard.add(read);
            }

            @Override
            public void fail(Throwable cause) {
                heard.add(cause);
            }
        });
        time.endTurn();
        time.jump(Claim.TRUST.plusMillis(1));

        redis.replyAll(VALUE);

        assertThat(heard).singleElement().isInstanceOf(Throwable.class);
    }

    @Test
    void scripts_areForbidden_theMarkIsReadAndHeeded() {
        redis.replyError("NOPERM this user has no permissions to run the 'evalsha' command");
        time.endTurn();
        assertThat(ScriptedRedis.words(redis.unanswered().getFirst())).containsExactly("MGET", "user:#deployment");
        redis.replyAll(mark(THEIRS));
        time.endTurn();
        assertThat(link.isUsable()).isFalse();
        assertThat(reason().orElseThrow()).contains(THEIRS.toString());

        time.pass(DeploymentCheck.PERIOD);
        redis.replyError("NOPERM this user has no permissions to run the 'evalsha' command");
        time.endTurn();
        redis.replyAll(mark(OURS));
        assertThat(link.isUsable()).isTrue();
    }

    /** It fails as ever, by what the lookups then find out. */
    @Test
    void replies_areNoAnswers_redisIsUsedAsEver() {
        redis.replyAll("own", mark(OURS), "too much");
        time.endTurn();
        redis.take().completeExceptionally(new UnsupportedOperationException("a number"));

        assertThat(link.isUsable()).isTrue();
        assertThat(reason()).isEmpty();
    }

    /** As while somebody's script runs for seconds. */
    @Test
    void refused_thenNoAnswers_staysRefused() {
        answer(Claim.How.CLAIM, "other", mark(THEIRS));
        time.pass(DeploymentCheck.PERIOD);

        redis.replyError("BUSY Redis is busy running a script");
        time.endTurn();
        redis.replyError("BUSY Redis is busy running a script");

        assertThat(link.isUsable()).isFalse();
        assertThat(reason().orElseThrow()).contains("it was another deployment's");
        time.pass(DeploymentCheck.PERIOD);
        answer(Claim.How.WAIT, "other", mark(THEIRS));
        assertThat(link.isUsable()).isFalse();
    }

    @Test
    void deployment_becomesAnother_leavesTheCacheAndAsksAnew() {
        answer(Claim.How.CLAIM, "own", mark(OURS));

        own.isIn(THEIRS.system());
        time.endTurn();

        assertThat(link.isUsable()).isFalse();
        assertThat(ScriptedRedis.words(redis.unanswered().getFirst()))
                .contains("7")
                .endsWith("leave");
        redis.replyAll("own", "");
        answer(Claim.How.CLAIM, "other", mark(OURS));
        assertThat(link.isUsable()).isFalse();
    }

    /** This loop has not asked PostgreSQL for a while, and would keep the claim of the one before alive. */
    @Test
    void deployment_becomesAnotherForAnotherLoop_leavesTheCacheUntilThisOneKnows() {
        answer(Claim.How.CLAIM, "own", mark(OURS));
        KnownDeployment ofAnotherLoop = new KnownDeployment(newest);
        ofAnotherLoop.isIn(THEIRS.system());
        ofAnotherLoop.isTable(OURS.database(), OURS.table());
        time.pass(DeploymentCheck.TICK);

        assertThat(link.isUsable()).isFalse();
        assertThat(ScriptedRedis.words(redis.unanswered().getFirst()))
                .contains("7")
                .endsWith("leave");
        redis.replyAll("own", "");
        time.pass(DeploymentCheck.PERIOD.multipliedBy(3));
        assertThat(redis.unanswered()).isEmpty();

        own.isIn(THEIRS.system());
        time.endTurn();
        answer(Claim.How.CLAIM, "own", "");
        assertThat(link.isUsable()).isTrue();
    }

    /** As where the client refuses to queue it. */
    @Test
    void question_isLostThoughTheConnectionStays_isAskedInAnotherWay() {
        answer(Claim.How.CLAIM, "own", mark(OURS));
        time.pass(DeploymentCheck.PERIOD);
        redis.take().completeExceptionally(new IllegalStateException("queue is full"));
        time.endTurn();
        redis.replyAll(mark(OURS));

        time.pass(DeploymentCheck.PERIOD);
        answer(Claim.How.CLAIM, "own", mark(OURS));
        assertThat(link.isUsable()).isTrue();
    }

    @Test
    void connection_doesNotSay_isReplaced() {
        time.pass(DeploymentCheck.PATIENCE.plus(DeploymentCheck.TICK));

        assertThat(redis.replacements()).isEqualTo(1);
        assertThat(reason()).isPresent();
    }

    @Test
    void stop_ownCache_shortensTheClaim() {
        answer(Claim.How.CLAIM, "own", mark(OURS));
        Future<Void> stopped = check.stop();
        time.endTurn();

        assertThat(ScriptedRedis.words(redis.unanswered().getFirst()))
                .contains(Long.toString(Claim.TRUST.toMillis()))
                .endsWith("leave");
        assertThat(stopped.isComplete()).isFalse();
        redis.replyAll("own", "");
        assertThat(stopped.isComplete()).isTrue();
    }
}
