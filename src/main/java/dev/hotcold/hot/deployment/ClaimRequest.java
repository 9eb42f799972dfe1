package dev.hotcold.hot.deployment;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.ScriptRequest;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The script that claims the cache, on its way through a link.
 *
 * <p>Confined to: its event loop.
 */
final class ClaimRequest extends ScriptRequest<ValuesReply> {

    /** Hears of the outcome. */
    interface Outcome {

        /**
         * The script has replied.
         *
         * @param state the word for it
         * @param sentAt by the loop's clock
         */
        void replied(String state, Optional<Mark> mark, long sentAt);

        /** Redis does not run the script, or replies with what is no answer, or its connection broke. */
        void refused();
    }

    private final Claim claim;
    private final Claim.How how;
    private final Outcome outcome;

    ClaimRequest(Claim claim, Claim.How how, Outcome outcome) {
        super(Kind.WATCH, Script.CLAIM);
        this.claim = claim;
        this.how = how;
        this.outcome = outcome;
    }

    @Override
    protected int keys() {
        return Claim.KEYS;
    }

    @Override
    protected void addTo(CommandArgs<byte[], byte[]> arguments) {
        claim.addTo(arguments, how);
    }

    @Override
    protected ValuesReply newReply() {
        return new ValuesReply(2);
    }

    @Override
    protected void complete(ValuesReply reply) {
        byte[] state = reply.value(0);
        outcome.replied(
                state == null ? "" : new String(state, StandardCharsets.US_ASCII), Mark.of(reply.value(1)), sentAt());
    }

    @Override
    protected void fail(Failure why, String reason) {
        outcome.refused();
    }
}
