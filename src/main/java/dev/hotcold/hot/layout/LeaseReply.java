package dev.hotcold.hot.layout;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The reply of the lease scripts: for each user either a number or the value that is cached. */
public final class LeaseReply extends CommandOutput<byte[], byte[], @Nullable Void> implements CheckedReply {

    public static final long GRANTED = 1;
    public static final long HELD = 0;
    public static final long FORBIDDEN = -1;
    public static final long KNOWN_ABSENT = -2;

    private final long[] answers;
    private final byte[] @Nullable [] values;
    private int next;

    public LeaseReply(int users) {
        super(ByteArrayCodec.INSTANCE, null);
        this.answers = new long[users];
        this.values = new byte[users][];
    }

    @Override
    public void multi(int count) {
        if (count != answers.length) {
            setError("the lease script of " + answers.length + " users was answered by " + count + " values");
        }
    }

    @Override
    public void set(@Nullable ByteBuffer bytes) {
        if (bytes != null && next < values.length) {
            byte[] value = new byte[bytes.remaining()];
            bytes.get(value);
            values[next++] = value;
        }
    }

    @Override
    public void set(long number) {
        if (next < answers.length) {
            answers[next++] = number;
        }
    }

    /** What is cached, or null when a number was answered. */
    public byte @Nullable [] value(int user) {
        return values[user];
    }

    /** The number that was answered; see the constants. */
    public long answer(int user) {
        return answers[user];
    }

    /** Why this is no answer to the script; null = it is one. */
    @Override
    public @Nullable String flaw() {
        if (next != answers.length) {
            return "the lease script of " + answers.length + " users was answered by " + next + " values";
        }
        for (int user = 0; user < answers.length; user++) {
            if (values[user] == null && (answers[user] < KNOWN_ABSENT || answers[user] > GRANTED)) {
                return "the lease script was answered by " + answers[user];
            }
        }
        return null;
    }
}
