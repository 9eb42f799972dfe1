package dev.hotcold.hot.link;

import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A single command for the link's own upkeep, given by its parts. It has no deadline; nothing is heard of it when its
 * connection ends first.
 *
 * <p>Confined to: its event loop.
 *
 * @param <R> the reply
 */
public final class CommandRequest<R extends CommandOutput<byte[], byte[], ?>> extends RedisRequest<R> {

    private final CommandType command;
    private final CommandArgs<byte[], byte[]> arguments;
    private final Supplier<R> newReply;
    private final Consumer<R> onReply;
    private final Consumer<String> onError;

    /** @param onError hears of an error reply */
    public CommandRequest(
            CommandType command,
            CommandArgs<byte[], byte[]> arguments,
            Supplier<R> newReply,
            Consumer<R> onReply,
            Consumer<String> onError) {
        super(Kind.UPKEEP);
        this.command = command;
        this.arguments = arguments;
        this.newReply = newReply;
        this.onReply = onReply;
        this.onError = onError;
    }

    /** Arguments to be added to. */
    public static CommandArgs<byte[], byte[]> args() {
        return new CommandArgs<>(ByteArrayCodec.INSTANCE);
    }

    /** A reply such as OK. */
    public static StatusOutput<byte[], byte[]> status() {
        return new StatusOutput<>(ByteArrayCodec.INSTANCE);
    }

    @Override
    protected ProtocolKeyword command() {
        return command;
    }

    @Override
    protected CommandArgs<byte[], byte[]> arguments() {
        return arguments;
    }

    @Override
    protected R newReply() {
        return newReply.get();
    }

    @Override
    protected void complete(R reply) {
        onReply.accept(reply);
    }

    @Override
    protected void fail(Failure why, String reason) {
        if (why == Failure.ERROR_REPLY) {
            onError.accept(reason);
        }
    }
}
