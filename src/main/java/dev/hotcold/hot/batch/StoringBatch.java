package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.link.ScriptRequest;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import org.jspecify.annotations.Nullable;

/**
 * A script that replies how many users, or absences, it has stored.
 *
 * <p>Confined to: its event loop.
 */
abstract class StoringBatch extends ScriptRequest<IntegerOutput<byte[], byte[]>> {

    private final int stores;
    private final LookupObserver observer;

    /** @param stores how many it is to store */
    StoringBatch(Script script, long stores, LookupObserver observer) {
        super(Kind.FILL, script);
        this.stores = Math.toIntExact(stores);
        this.observer = observer;
    }

    @Override
    protected final IntegerOutput<byte[], byte[]> newReply() {
        return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
    }

    @Override
    protected final @Nullable String flaw(IntegerOutput<byte[], byte[]> reply) {
        Long stored = reply.get();
        return stored != null && stored >= 0 && stored <= stores
                ? null
                : "a script that stores " + stores + " users was answered by " + stored;
    }

    @Override
    protected final void complete(IntegerOutput<byte[], byte[]> reply) {
        int stored = Math.toIntExact(reply.get());
        observer.fillsEnded(stored, stores - stored);
    }

    @Override
    protected final void fail(Failure why, String reason) {
        observer.fillsFailed(stores, why);
    }
}
