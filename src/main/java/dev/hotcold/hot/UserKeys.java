package dev.hotcold.hot;

import dev.hotcold.user.UserId;
import java.nio.charset.StandardCharsets;

/** Names of Redis keys. */
final class UserKeys {

    private static final byte[] PREFIX = "user:".getBytes(StandardCharsets.US_ASCII);

    private UserKeys() {}

    /** {@code user:ID}, where the user's object is stored. */
    @SuppressWarnings("deprecation") // String.getBytes(int, int, byte[], int) drops the high bytes; ids have none
    static byte[] user(UserId id) {
        String value = id.value();
        byte[] key = new byte[PREFIX.length + value.length()];
        System.arraycopy(PREFIX, 0, key, 0, PREFIX.length);
        value.getBytes(0, value.length(), key, PREFIX.length);
        return key;
    }
}
