package dev.hotcold.http;

import dev.hotcold.user.UserJson;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** The bytes of one response body, in up to three pieces, none of which is to be changed. Immutable. */
final class ResponseBody {

    private final byte[] head;
    private final @Nullable UserJson user;
    private final byte[] tail;

    /** @param user in the middle; null = nobody */
    ResponseBody(byte[] head, @Nullable UserJson user, byte[] tail) {
        this.head = head;
        this.user = user;
        this.tail = tail;
    }

    /** Bytes. */
    int length() {
        return head.length + (user == null ? 0 : user.length()) + tail.length;
    }

    void writeTo(ByteBuf out) {
        out.writeBytes(head);
        if (user != null) {
            out.writeBytes(user.array(), user.offset(), user.length());
        }
        out.writeBytes(tail);
    }

    Buffer toBuffer() {
        Buffer buffer = Buffer.buffer(length()).appendBytes(head);
        if (user != null) {
            buffer.appendBytes(user.array(), user.offset(), user.length());
        }
        return buffer.appendBytes(tail);
    }

    /** The text. */
    @Override
    public String toString() {
        return toBuffer().toString();
    }
}
