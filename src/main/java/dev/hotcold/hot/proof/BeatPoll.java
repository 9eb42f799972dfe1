package dev.hotcold.hot.proof;

import dev.hotcold.hot.layout.FeedNote;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.CommandRequest;
import dev.hotcold.hot.link.RedisRequest;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import org.jspecify.annotations.Nullable;

/**
 * Asks once who feeds Redis, and how far that is.
 *
 * <p>Confined to: its event loop.
 */
final class BeatPoll extends RedisRequest<ValuesReply> {

    /** What each value of the reply is. */
    static final int SESSION = 0;

    static final int BEAT = 1;
    static final int LOG = 2;
    static final int LIFE = 3;
    static final int BEATS_OF = 4;

    /** Hears of the outcome. */
    @FunctionalInterface
    interface Outcome {

        /**
         * It is known.
         *
         * @param reply null = Redis has refused, or is gone
         * @param why it has; "" = it has not
         */
        void polled(@Nullable ValuesReply reply, String why);
    }

    private final byte[] feed;
    private final Outcome outcome;

    /** @param feed the key of what is known of the feed */
    BeatPoll(byte[] feed, Outcome outcome) {
        super(Kind.WATCH);
        this.feed = feed;
        this.outcome = outcome;
    }

    @Override
    protected ProtocolKeyword command() {
        return CommandType.HMGET;
    }

    @Override
    protected CommandArgs<byte[], byte[]> arguments() {
        return CommandRequest.args()
                .addKey(feed)
                .add("session")
                .add("beat")
                .add("log")
                .add(FeedNote.LIFE)
                .add(FeedNote.BEATS_OF);
    }

    @Override
    protected ValuesReply newReply() {
        return new ValuesReply(BEATS_OF + 1);
    }

    @Override
    protected void complete(ValuesReply reply) {
        outcome.polled(reply, "");
    }

    @Override
    protected void fail(Failure why, String reason) {
        outcome.polled(null, reason);
    }
}
