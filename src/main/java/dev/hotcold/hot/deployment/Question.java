package dev.hotcold.hot.deployment;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.CommandRequest;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.Loop;
import io.lettuce.core.protocol.CommandType;
import java.util.Optional;

/**
 * Asks a Redis whose cache it has, by the script; by MGET, which claims nothing, where the deployment or its table is not known yet, or
 * Redis does not run the script.
 *
 * <p>Confined to: its event loop.
 *
 * @param deployment who asks; empty = not known
 * @param token of who asks
 */
record Question(RedisLink link, Loop loop, Optional<Deployment> deployment, String token) {

    /** What the script replies; see there. */
    static final String OWN = "own";

    static final String CLEAR = "clear";
    static final String CLEARING = "clearing";
    static final String OTHER = "other";
    static final String GONE = "gone";

    /** The script was not run; the mark says it all. */
    static final String READ = "read";

    /** Hears of the reply, on the loop; of a connection that breaks it hears nothing. */
    @FunctionalInterface
    interface Answer {

        /**
         * It came.
         *
         * @param state a word of the script's, or {@link #READ}
         * @param sentAt when it was asked, by the loop's clock
         */
        void came(String state, Optional<Mark> mark, long sentAt);
    }

    void ask(Claim.How how, Answer answer) {
        if (deployment.isEmpty() || deployment.get().table().isEmpty()) {
            read(answer);
            return;
        }
        Claim claim = new Claim(link.keys(), deployment.get(), token);
        link.enqueue(new ClaimRequest(claim, how, new ClaimRequest.Outcome() {
            @Override
            public void replied(String state, Optional<Mark> mark, long sentAt) {
                answer.came(state, mark, sentAt);
            }

            @Override
            public void refused(Failure why) {
                if (why == Failure.ERROR_REPLY) {
                    read(answer);
                }
            }
        }));
    }

    /** What cannot be read at all is used as ever, and fails as ever. */
    private void read(Answer answer) {
        long sentAt = loop.nanos();
        link.enqueue(new CommandRequest<>(
                CommandType.MGET,
                CommandRequest.args().addKey(link.keys().mark()),
                () -> new ValuesReply(1),
                reply -> answer.came(READ, reply.flaw() == null ? Mark.of(reply.value(0)) : Optional.empty(), sentAt),
                error -> answer.came(READ, Optional.empty(), sentAt)));
    }
}
