package dev.hotcold.hot.deployment;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.lettuce.core.api.push.PushMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Keeps an event loop from using the cache of another deployment: one with another PostgreSQL, database or table, by the mark that
 * stands beside the users.
 *
 * <pre>
 *   UNCHECKED ─ opened ─► asks ─┬─ own, or nobody's: claimed ─► ADMITTED   asks again every second
 *      ▲                        ├─ another's, who lives ──────► REFUSED    asks again every second
 *      │                        ├─ another's, who is gone ────► REFUSED    takes it when that was so for 3 s
 *      └─ lost, from any state  └─ taken, not cleared yet ────► REFUSED    until it is
 * </pre>
 *
 * <p>On each new connection the mark is asked for before any user is. What was said of it is relied on for {@link Claim#TRUST} from
 * when it was asked, and a reply to a read counts only then: an instance that was frozen for longer than its claim lives does not go on
 * with what is another's by now. While an instance lives, it renews the claim, which by itself lives for {@link Claim#LIFE}.
 *
 * <p>As long as PostgreSQL has not said which deployment this is, what is cached is used, whosever it is, and nothing is claimed: a
 * PostgreSQL that is down when the service starts keeps nobody from hits. While only the table is missing, the rest is compared. A Redis that runs no scripts is asked by MGET, and not claimed.
 *
 * <p>Confined to: its event loop.
 */
public final class DeploymentCheck implements RedisLink.Listener {

    /** Clears what another deployment has left. Thread-safe. */
    @FunctionalInterface
    public interface Takeover {

        /**
         * Begins to clear it, unless that is under way for this claim, and tells Redis when it is done.
         *
         * @param claim that Redis has granted, to be cleared
         */
        void begin(Claim claim);
    }

    static final Duration PERIOD = Duration.ofSeconds(1);

    /** While it is to be found out, or is about to change. */
    static final Duration TICK = Duration.ofMillis(200);

    /** A deployment that lives renews its claim every second. So much longer nothing of it must be seen. */
    static final Duration GONE = Duration.ofSeconds(3);

    /** A connection on which the mark is not told for so long is replaced; longer than Redis is given to show what it is up to. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration GOODBYE = Duration.ofMillis(100);

    private final RedisLink link;
    private final Loop loop;
    private final KnownDeployment own;
    private final Takeover takeover;
    private final String token = UUID.randomUUID().toString();
    private final List<Promise<Void>> waiting = new ArrayList<>();
    private int connection;
    private boolean isAsking;
    private boolean isToAskAgain;
    private boolean isAdmitted;
    private long trustedFrom;
    private long askedAt;

    /** Another's mark was there, or none behind it. */
    private boolean wasOthers;

    /** Since when nobody's claim was seen; counts only while {@link #wasGone}. */
    private long goneSince;

    private boolean wasGone;
    private boolean isPrompt;
    private boolean stopped;

    /** @param own what this loop looks users up in */
    public DeploymentCheck(RedisLink link, Loop loop, KnownDeployment own, Takeover takeover) {
        this.link = link;
        this.loop = loop;
        this.own = own;
        this.takeover = takeover;
        own.onChange(this::changed);
        link.admitBy(this::isTrusted);
        link.withhold(Failure.DISCONNECTED);
        loop.after(TICK, this::tick);
    }

    @Override
    public void opened() {
        lost();
        ask();
    }

    @Override
    public void lost() {
        connection++;
        isAsking = false;
        wasGone = false;
        isAdmitted = false;
        link.withhold(Failure.DISCONNECTED);
        settled();
    }

    @Override
    public void pushed(PushMessage message) {
        // Invalidations are others' business.
    }

    /** Succeeds when it is known whether Redis may be used, as far as it can be now. */
    public Future<Void> whenSettled() {
        if (!isAsking) {
            return Future.succeededFuture();
        }
        Promise<Void> promise = Promise.promise();
        waiting.add(promise);
        return promise.future();
    }

    /** Ends: who takes over need not wait for as long as after a crash. Succeeds when Redis has been told, and soon in any case. */
    public Future<Void> stop() {
        stopped = true;
        own.onChange(before -> {});
        if (!isAdmitted || own.get().isEmpty()) {
            return Future.succeededFuture();
        }
        Promise<Void> told = Promise.promise();
        leave(own.get().get(), told);
        loop.after(GOODBYE, told::tryComplete);
        return told.future();
    }

    private void leave(Deployment left, Promise<Void> told) {
        new Question(link, Optional.of(left), token, () -> false)
                .ask(Claim.How.LEAVE, (state, mark, sentAt) -> told.tryComplete());
    }

    private boolean isTrusted() {
        return isAdmitted && loop.nanos() - trustedFrom <= Claim.TRUST.toNanos();
    }

    private void changed(Optional<Deployment> before) {
        before.ifPresent(this::abandon);
        if (isAsking) {
            isToAskAgain = true;
        } else if (link.isConnected()) {
            ask();
        }
    }

    /** What is cached up to now is another's, whom no claim of this loop shall keep alive. */
    private void abandon(Deployment left) {
        if (isAdmitted) {
            leave(left, Promise.promise());
        }
        isAdmitted = false;
        link.withhold(Failure.SKIPPED);
    }

    private void tick() {
        if (stopped) {
            return;
        }
        loop.after(TICK, this::tick);
        long now = loop.nanos();
        if (!link.isConnected()) {
            return;
        }
        if (own.isSuperseded()) {
            own.get().ifPresent(this::abandon);
            health().degraded("is not used, until PostgreSQL has told this loop too which database it is by now");
        } else if (!isAsking && (isPrompt || now - askedAt >= PERIOD.toNanos())) {
            ask();
        } else if (isAsking && !isAdmitted && now - askedAt >= PERIOD.toNanos()) {
            health().degraded("no reply in time");
            if (now - askedAt >= PATIENCE.toNanos()) {
                askedAt = now;
                int unanswered = connection;
                link.lookUpAnew(() -> isAsking && connection == unanswered);
            }
        }
    }

    private void ask() {
        isAsking = true;
        isToAskAgain = false;
        askedAt = loop.nanos();
        int askedOn = connection;
        Optional<Deployment> deployment = own.get();
        new Question(link, deployment, token, () -> askedOn == connection && link.isConnected())
                .ask(how(), (state, mark, sentAt) -> {
                    if (askedOn == connection) {
                        judge(deployment, state, mark, sentAt);
                        ended();
                    }
                });
    }

    private Claim.How how() {
        if (!wasOthers) {
            return Claim.How.CLAIM;
        }
        return wasGone && loop.nanos() - goneSince >= GONE.toNanos() ? Claim.How.SEIZE : Claim.How.WAIT;
    }

    private void judge(Optional<Deployment> deployment, String state, Optional<Mark> mark, long sentAt) {
        if (state.equals(Question.UNREADABLE)) {
            // It is used as ever, and fails as ever; but not where another's mark was read the last time.
            if (wasOthers) {
                isAdmitted = false;
                link.withhold(Failure.SKIPPED);
                health().degraded("does not say whose cache it has, and it was another deployment's");
            } else {
                admit(sentAt);
            }
            return;
        }
        boolean isGone = state.equals(Question.GONE);
        if (isGone && !wasGone) {
            goneSince = sentAt;
        }
        wasGone = isGone;
        wasOthers = isGone || state.equals(Question.OTHER);
        isPrompt = isGone || state.equals(Question.CLEAR) || state.equals(Question.CLEARING);
        Optional<String> refusal = mark.flatMap(found -> found.refusal(deployment));
        if (state.equals(Question.OWN) || (state.equals(Question.READ) && refusal.isEmpty())) {
            admit(sentAt);
            return;
        }
        // What has no mark any more, or is about to get its own, is told like what is being cleared.
        refuse(refusal.orElse("is being cleared of another deployment's users"));
        if (state.equals(Question.CLEAR)) {
            deployment.ifPresent(owner -> takeover.begin(new Claim(link.keys(), owner, token)));
        }
    }

    private void admit(long sentAt) {
        trustedFrom = sentAt;
        isAdmitted = true;
        link.admit();
        health().recovered();
    }

    private void refuse(String why) {
        isAdmitted = false;
        link.withhold(Failure.SKIPPED);
        health().degraded(why);
    }

    private void ended() {
        isAsking = false;
        if (isToAskAgain) {
            ask();
        } else {
            settled();
        }
    }

    private void settled() {
        List<Promise<Void>> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(Promise::tryComplete);
    }

    private StoreHealth health() {
        return link.health().of(Aspect.DEPLOYMENT);
    }
}
