package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.LeaseReply;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.link.ScriptRequest;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.protocol.CommandArgs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attempts that travel together, under one token: each is for another user.
 *
 * <p>Confined to: its event loop.
 */
final class LeaseBatch extends ScriptRequest<LeaseReply> {

    private final Leases owner;
    private final List<LeaseAttempt> attempts;
    private final LeaseToken token;
    private final long leaseMillis;
    private final long softTtlUntil;

    /**
     * @param leaseMillis how long a lease lasts
     * @param softTtlUntil milliseconds since 1970: what is cached with a soft TTL up to then counts as nothing
     */
    LeaseBatch(Leases owner, List<LeaseAttempt> attempts, LeaseToken token, long leaseMillis, long softTtlUntil) {
        super(Kind.LEASE, attempts.getFirst().mode() == LeaseAttempt.Mode.SEIZE ? Script.SEIZE : Script.LEASE);
        this.owner = owner;
        this.attempts = attempts;
        this.token = token;
        this.leaseMillis = leaseMillis;
        this.softTtlUntil = softTtlUntil;
    }

    @Override
    protected int keys() {
        return 3 * attempts.size();
    }

    @Override
    protected void addTo(CommandArgs<byte[], byte[]> arguments) {
        for (LeaseAttempt attempt : attempts) {
            owner.keys().addAll(attempt.id(), arguments);
        }
        arguments.add(token.value()).add(leaseMillis);
        if (attempts.getFirst().mode() == LeaseAttempt.Mode.SEIZE) {
            return;
        }
        arguments.add(softTtlUntil);
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).mode() == LeaseAttempt.Mode.REPAIR) {
                arguments.add(i + 1);
            }
        }
    }

    @Override
    protected LeaseReply newReply() {
        return new LeaseReply(attempts.size());
    }

    /** What is damaged counts as nothing to the script, so that it never answers with it. */
    @Override
    protected @Nullable String flaw(LeaseReply reply) {
        String flaw = reply.flaw();
        for (int i = 0; i < attempts.size() && flaw == null; i++) {
            if (attempts.get(i).mode() == LeaseAttempt.Mode.REPAIR && reply.value(i) != null) {
                flaw = "the lease script was answered by a value that it was told is damaged";
            }
        }
        return flaw;
    }

    @Override
    protected void complete(LeaseReply reply) {
        for (int i = 0; i < attempts.size(); i++) {
            owner.answered(attempts.get(i), token, reply.value(i), reply.answer(i));
        }
    }

    @Override
    protected void fail(Failure why, String reason) {
        owner.failed(attempts, why);
    }
}
