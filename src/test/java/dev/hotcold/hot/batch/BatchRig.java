package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.LinkSettings;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A link to a Redis that the test plays, and what the observer hears. */
final class BatchRig {

    static final RequestBudget BUDGET = new RequestBudget(Duration.ofMillis(300));
    static final Duration REPLY_TIME = Duration.ofMillis(100);

    final ManualTime time = new ManualTime();
    final ScriptedRedis redis = new ScriptedRedis();
    final List<String> observed = new ArrayList<>();
    final LookupObserver observer = new SilentObserver() {
        @Override
        public void hotReadsFailed(int reads, Failure failure) {
            observed.add(reads + " reads failed: " + failure);
        }

        @Override
        public void hotValueRejected() {
            observed.add("value rejected");
        }

        @Override
        public void leaseEnded(LeaseOutcome outcome) {
            observed.add("lease ended");
        }

        @Override
        public void leasesFailed(int leases, Failure failure) {
            observed.add(leases + " leases failed: " + failure);
        }

        @Override
        public void fillsEnded(int stored, int leaseLost) {
            observed.add(stored + " stored, " + leaseLost + " lease lost");
        }

        @Override
        public void fillsFailed(int fills, Failure failure) {
            observed.add(fills + " fills failed: " + failure);
        }
    };
    final RedisLink link;

    BatchRig() {
        this("");
    }

    /** @param prefix of all keys */
    BatchRig(String prefix) {
        link = new RedisLink(
                new LinkSettings(REPLY_TIME, REPLY_TIME, 1, Duration.ZERO),
                new UserKeys(prefix),
                BUDGET,
                time,
                observer,
                redis.factory());
        redis.connect();
        time.endTurn();
    }

    static UserId id(String name) {
        return (UserId) UserId.parse(name);
    }

    static UserJson user(String name) {
        return UserJson.encode(new User(id(name), "d", "p"));
    }

    static String value(String name) {
        return "{" + user(name) + "}";
    }

    /** The words of the oldest command that is not answered. */
    List<String> sent() {
        return ScriptedRedis.words(redis.unanswered().getFirst());
    }
}
