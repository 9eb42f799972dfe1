package dev.hotcold.hot.deployment;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.CommandRequest;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.hot.link.RedisRequest;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Asks a Redis whose cache it has, by the script; by MGET, which claims nothing, where the deployment or its table is not known yet, or
 * Redis gives no answer to the script.
 *
 * <p>Confined to: its event loop.
 *
 * @param deployment who asks; empty = not known
 * @param token of who asks
 * @param isCurrent whether the connection stands that it is asked on, so that it may be asked in another way
 */
record Question(RedisLink link, Optional<Deployment> deployment, String token, BooleanSupplier isCurrent) {

    /** What the script replies; see there. */
    static final String OWN = "own";

    static final String CLEAR = "clear";
    static final String CLEARING = "clearing";
    static final String OTHER = "other";
    static final String GONE = "gone";

    /** The script was not run; the mark says it all. */
    static final String READ = "read";

    /** Not even the mark could be read. */
    static final String UNREADABLE = "unreadable";

    /** Hears of the reply, on the loop; of a connection that breaks it hears nothing. */
    @FunctionalInterface
    interface Answer {

        /**
         * It came.
         *
         * @param state a word of the script's, or {@link #READ}, or {@link #UNREADABLE}
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
            public void refused() {
                if (isCurrent.getAsBoolean()) {
                    read(answer);
                }
            }
        }));
    }

    private void read(Answer answer) {
        link.enqueue(new Read(link.keys().mark(), isCurrent, answer));
    }

    /** Reads the mark. What cannot be read at all is used as ever, and fails as ever. */
    private static final class Read extends RedisRequest<ValuesReply> {

        private final byte[] key;
        private final BooleanSupplier isCurrent;
        private final Answer answer;

        private Read(byte[] key, BooleanSupplier isCurrent, Answer answer) {
            super(Kind.WATCH);
            this.key = key;
            this.isCurrent = isCurrent;
            this.answer = answer;
        }

        @Override
        protected ProtocolKeyword command() {
            return CommandType.MGET;
        }

        @Override
        protected CommandArgs<byte[], byte[]> arguments() {
            return CommandRequest.args().addKey(key);
        }

        @Override
        protected ValuesReply newReply() {
            return new ValuesReply(1);
        }

        @Override
        protected void complete(ValuesReply reply) {
            answer.came(READ, Mark.of(reply.value(0)), sentAt());
        }

        @Override
        protected void fail(Failure why, String reason) {
            if (isCurrent.getAsBoolean()) {
                answer.came(UNREADABLE, Optional.empty(), sentAt());
            }
        }
    }
}
