package dev.hotcold.hot.link;

import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import dev.hotcold.testkit.SilentObserver;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A link to a Redis that the test plays, under a time that the test lets pass. */
final class LinkRig {

    static final Duration REPLY_TIME = Duration.ofMillis(100);
    static final Duration FILL_TIME = Duration.ofMillis(20);
    static final Duration MAX_IDLE = Duration.ofMinutes(5);

    final ManualTime time = new ManualTime();
    final ScriptedRedis redis = new ScriptedRedis();
    final RedisLink link = new RedisLink(
            new LinkSettings(REPLY_TIME, FILL_TIME, 1, MAX_IDLE),
            new UserKeys(""),
            new RequestBudget(Duration.ofMillis(300)),
            time,
            new SilentObserver(),
            redis.factory());

    LinkRig() {
        link.addSource(link::enqueueLost);
        redis.connect();
        time.endTurn();
    }

    /** A request for one key, and what became of it. */
    static final class Probe extends RedisRequest<ValuesReply> {

        private final String key;
        final List<String> outcomes = new ArrayList<>();
        int released;

        Probe(Kind kind, String key) {
            super(kind);
            this.key = key;
        }

        @Override
        protected ProtocolKeyword command() {
            return CommandType.MGET;
        }

        @Override
        protected CommandArgs<byte[], byte[]> arguments() {
            return CommandRequest.args().add(key);
        }

        @Override
        protected ValuesReply newReply() {
            return new ValuesReply(1);
        }

        @Override
        protected void complete(ValuesReply reply) {
            byte[] value = reply.value(0);
            outcomes.add(value == null ? "nothing" : new String(value, java.nio.charset.StandardCharsets.UTF_8));
        }

        @Override
        protected void fail(Failure why, String reason) {
            outcomes.add(why + ": " + reason);
        }

        @Override
        protected void released() {
            released++;
        }
    }

    /** Enqueues a request and ends the turn. */
    Probe send(RedisRequest.Kind kind) {
        Probe request = new Probe(kind, "k");
        link.enqueue(request);
        time.endTurn();
        return request;
    }
}
