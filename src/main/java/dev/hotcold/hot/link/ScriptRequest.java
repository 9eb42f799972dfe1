package dev.hotcold.hot.link;

import dev.hotcold.hot.layout.Script;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;

/**
 * A script for some users, called by its digest; sent in full when Redis does not know it, as after a restart.
 *
 * <p>Confined to: its event loop.
 *
 * @param <R> the reply
 */
public abstract class ScriptRequest<R extends CommandOutput<byte[], byte[], ?>> extends RedisRequest<R> {

    private final Script script;
    private Script.Call call = Script.Call.BY_DIGEST;

    protected ScriptRequest(Kind kind, Script script) {
        super(kind);
        this.script = script;
    }

    /** How many keys there are. */
    protected abstract int keys();

    /** Adds the keys and then the values. */
    protected abstract void addTo(CommandArgs<byte[], byte[]> arguments);

    @Override
    protected final ProtocolKeyword command() {
        return call.command();
    }

    @Override
    protected final CommandArgs<byte[], byte[]> arguments() {
        CommandArgs<byte[], byte[]> arguments = script.arguments(call, keys());
        addTo(arguments);
        return arguments;
    }

    @Override
    protected final boolean wantsResend(R reply) {
        if (call == Script.Call.BY_DIGEST && Script.isUnknown(reply)) {
            call = Script.Call.IN_FULL;
            return true;
        }
        return false;
    }
}
