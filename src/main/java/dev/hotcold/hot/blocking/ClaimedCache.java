package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.RedisProblems;
import dev.hotcold.hot.deployment.Claim;
import dev.hotcold.hot.deployment.Mark;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.layout.ValuesReply;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A cache that was another deployment's, while it is cleared for this one.
 *
 * <p>Confined to: one thread, which it blocks. Its methods fail as Lettuce does.
 */
final class ClaimedCache {

    private static final Duration BETWEEN_RENEWALS = Duration.ofSeconds(3);

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final Claim claim;
    private long renewedAt;

    ClaimedCache(StatefulRedisConnection<byte[], byte[]> connection, Claim claim) {
        this.connection = connection;
        this.claim = claim;
    }

    /**
     * Ends with an exception where the cache is another deployment's, or not cleared of its users yet.
     *
     * @param deployment whose it should be
     * @throws HotStoreException also when Redis does not say
     */
    static void check(
            StatefulRedisConnection<byte[], byte[]> connection,
            UserKeys keys,
            Deployment deployment,
            RedisProblems problems) {
        Optional<String> refusal =
                mark(connection, keys, problems).flatMap(mark -> mark.refusal(Optional.of(deployment)));
        if (refusal.isPresent()) {
            throw new HotStoreException("Redis: " + refusal.get());
        }
    }

    /**
     * Why a deployment may not write to the cache; empty = it may. What has no mark is claimed for it.
     *
     * @param wasOthers whether the last mark seen was another's: then nothing is claimed, for that one does so again in a moment
     * @throws HotStoreException when Redis does not say
     */
    static Optional<String> refusal(
            StatefulRedisConnection<byte[], byte[]> connection,
            UserKeys keys,
            Deployment deployment,
            boolean wasOthers,
            RedisProblems problems) {
        Optional<Mark> mark = wasOthers || deployment.table().isEmpty()
                ? mark(connection, keys, problems)
                : claimed(connection, keys, deployment, problems);
        return mark.isEmpty() && wasOthers
                ? Optional.of("does not say whose cache it has, and it was another deployment's")
                : mark.flatMap(found -> found.refusal(Optional.of(deployment)));
    }

    private static Optional<Mark> mark(
            StatefulRedisConnection<byte[], byte[]> connection, UserKeys keys, RedisProblems problems) {
        try {
            return Mark.of(connection.sync().get(keys.mark()));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw new HotStoreException("Redis: " + problems.ofFailure(failure));
        }
    }

    /** @return the mark that stands now, unless it is the one that was asked for */
    private static Optional<Mark> claimed(
            StatefulRedisConnection<byte[], byte[]> connection,
            UserKeys keys,
            Deployment deployment,
            RedisProblems problems) {
        try {
            ValuesReply reply = ask(connection, new Claim(keys, deployment, ""), Claim.How.JOIN);
            return state(reply).equals("own") ? Optional.empty() : Mark.of(reply.value(1));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw new HotStoreException("Redis: " + problems.ofFailure(failure));
        }
    }

    /** Whether it is up to this claim to clear it. */
    boolean isToBeCleared() {
        renewedAt = System.nanoTime();
        return ask(Claim.How.CLAIM).equals("clear");
    }

    /** To be called every now and then while it is cleared. */
    void keepAlive() {
        if (System.nanoTime() - renewedAt >= BETWEEN_RENEWALS.toNanos() && !isToBeCleared()) {
            throw new RedisException("another instance clears the cache by now");
        }
    }

    /** Nothing of the other deployment is left. */
    void cleared() {
        var _ = ask(Claim.How.CLEARED);
    }

    private String ask(Claim.How how) {
        return state(ask(connection, claim, how));
    }

    private static ValuesReply ask(StatefulRedisConnection<byte[], byte[]> connection, Claim claim, Claim.How how) {
        CommandArgs<byte[], byte[]> arguments = Script.CLAIM.arguments(Script.Call.IN_FULL, Claim.KEYS);
        claim.addTo(arguments, how);
        ValuesReply reply = new ValuesReply(2);
        AsyncCommand<byte[], byte[], @Nullable Void> command =
                new AsyncCommand<>(new Command<>(Script.Call.IN_FULL.command(), reply, arguments));
        connection.dispatch(command);
        LettuceFutures.awaitOrCancel(command, connection.getTimeout().toNanos(), TimeUnit.NANOSECONDS);
        return reply;
    }

    private static String state(ValuesReply reply) {
        byte[] state = reply.flaw() == null ? reply.value(0) : null;
        return state == null ? "" : new String(state, StandardCharsets.US_ASCII);
    }
}
