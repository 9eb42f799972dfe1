package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.user.UserId;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys of users as arguments of MGET, written to the connection as they are, without an object for each.
 *
 * <p>Confined to: its event loop.
 */
final class MgetKeys extends CommandArgs<byte[], byte[]> {

    private static final byte[] LINE_END = {'\r', '\n'};

    private final byte[][] beginnings;
    private final List<String> ids;

    /**
     * @param beginnings of the keys' node
     * @param count how many there will be
     */
    MgetKeys(byte[][] beginnings, int count) {
        super(ByteArrayCodec.INSTANCE);
        this.beginnings = beginnings;
        this.ids = new ArrayList<>(count);
    }

    /** What stands before the id, by the length of the id: the length of the key, and what all keys begin with. */
    static byte[][] beginnings(UserKeys keys) {
        String prefix = new String(keys.nobody(), StandardCharsets.US_ASCII);
        byte[][] beginnings = new byte[UserId.MAX_LENGTH + 1][];
        for (int length = 0; length <= UserId.MAX_LENGTH; length++) {
            String beginning = "$" + (prefix.length() + length) + "\r\n" + prefix;
            beginnings[length] = beginning.getBytes(StandardCharsets.US_ASCII);
        }
        return beginnings;
    }

    void add(UserId id) {
        ids.add(id.value());
    }

    @Override
    public int count() {
        return ids.size();
    }

    @Override
    public void encode(ByteBuf out) {
        for (String id : ids) {
            out.writeBytes(beginnings[id.length()]);
            ByteBufUtil.writeAscii(out, id);
            out.writeBytes(LINE_END);
        }
    }
}
