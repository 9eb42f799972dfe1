package dev.hotcold.hot;

import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.DeadlineQueue;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.RedisCommand;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Users whose script travels as one command. It is settled by the reply, by its deadline or by the end of its connection,
 * whichever comes first.
 *
 * <p>Confined to: its event loop.
 *
 * @param <T> what the reply holds
 * @param <O> the reply
 */
abstract class ScriptBatch<T extends @Nullable Object, O extends CommandOutput<byte[], byte[], T>>
        extends DeadlineQueue.Entry {

    /** What is said to an operator of a reply that came too late, or not at all. */
    static final String LATE = "no reply in time";

    private final Script script;
    private boolean settled;

    ScriptBatch(Script script) {
        this.script = script;
    }

    abstract int keys();

    /** Adds the keys and then the values. */
    abstract void addTo(CommandArgs<byte[], byte[]> arguments);

    abstract O newReply();

    /** Called at most once, and then {@link #failed} is not. */
    abstract void replied(O reply);

    /**
     * Called at most once, and then {@link #replied} is not.
     *
     * @param what a sentence for an operator
     */
    abstract void failed(Failure why, String what);

    /** @param sendAgain gets the command that is to follow when Redis does not know the script */
    final RedisCommand<byte[], byte[], ?> toCommand(Consumer<RedisCommand<byte[], byte[], ?>> sendAgain) {
        return toCommand(Script.Call.BY_DIGEST, sendAgain);
    }

    private RedisCommand<byte[], byte[], ?> toCommand(
            Script.Call call, Consumer<RedisCommand<byte[], byte[], ?>> sendAgain) {
        CommandArgs<byte[], byte[]> arguments = script.arguments(call, keys());
        addTo(arguments);
        O reply = newReply();
        return new Command<byte[], byte[], T>(call.command(), reply, arguments) {
            @Override
            public void complete() {
                super.complete();
                if (call == Script.Call.BY_DIGEST && Script.isUnknown(reply) && !settled) {
                    sendAgain.accept(toCommand(Script.Call.IN_FULL, sendAgain));
                } else if (reply.hasError()) {
                    fail(Failure.ERROR_REPLY, "replies by an error: " + reply.getError());
                } else if (!settled) {
                    settled = true;
                    replied(reply);
                }
            }

            @Override
            public boolean completeExceptionally(Throwable failure) {
                boolean first = super.completeExceptionally(failure);
                fail(Failure.DISCONNECTED, "the connection broke");
                return first;
            }

            @Override
            public void cancel() {
                super.cancel();
                fail(Failure.DISCONNECTED, "the connection broke");
            }
        };
    }

    private void fail(Failure why, String what) {
        if (!settled) {
            settled = true;
            failed(why, what);
        }
    }

    @Override
    protected final boolean isSettled() {
        return settled;
    }

    @Override
    protected final void expire() {
        fail(Failure.TIMEOUT, LATE);
    }
}
