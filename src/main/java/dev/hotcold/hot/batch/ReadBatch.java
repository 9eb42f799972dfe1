package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.RedisRequest;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.util.List;

/**
 * Reads that travel as one MGET. It is in flight until its reply comes or its connection breaks, also when its deadline has
 * failed its reads in the meantime.
 *
 * <p>Confined to: its event loop.
 */
final class ReadBatch extends RedisRequest<ValuesReply> {

    private final Reads owner;
    private final List<Read> reads;

    ReadBatch(Reads owner, List<Read> reads) {
        super(Kind.READ);
        this.owner = owner;
        this.reads = reads;
    }

    @Override
    protected ProtocolKeyword command() {
        return CommandType.MGET;
    }

    @Override
    protected CommandArgs<byte[], byte[]> arguments() {
        MgetKeys keys = owner.keys(reads.size());
        for (Read read : reads) {
            keys.add(read.id());
        }
        return keys;
    }

    @Override
    protected ValuesReply newReply() {
        return new ValuesReply(reads.size());
    }

    @Override
    protected void complete(ValuesReply reply) {
        owner.deliver(reads, reply);
    }

    @Override
    protected void fail(Failure why, String reason) {
        owner.failed(reads, why);
    }

    @Override
    protected void resending() {
        owner.inFlight(reads.size());
    }

    @Override
    protected void released() {
        owner.released(sentAt());
    }
}
