package dev.hotcold.hot.layout;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The reply to MGET: for each key its bytes, or null where Redis holds none. */
public final class ValuesReply extends CommandOutput<byte[], byte[], @Nullable Void> implements CheckedReply {

    private final byte[] @Nullable [] values;
    private int next;

    public ValuesReply(int keys) {
        super(ByteArrayCodec.INSTANCE, null);
        this.values = new byte[keys][];
    }

    @Override
    public void multi(int count) {
        if (count != values.length) {
            setError("MGET of " + values.length + " keys was answered by " + count + " values");
        }
    }

    @Override
    public void set(@Nullable ByteBuffer bytes) {
        if (next < values.length) {
            values[next++] = bytes == null ? null : copy(bytes);
        }
    }

    /** The bytes of a key, by its place in the command; null = Redis holds none. */
    public byte @Nullable [] value(int key) {
        return values[key];
    }

    /** Why this is no answer to the command; null = it is one. */
    @Override
    public @Nullable String flaw() {
        return next == values.length ? null : "MGET of " + values.length + " keys was answered by " + next + " values";
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
