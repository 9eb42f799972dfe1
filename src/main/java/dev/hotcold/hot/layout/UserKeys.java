package dev.hotcold.hot.layout;

import dev.hotcold.user.UserId;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Names of Redis keys. */
public final class UserKeys {

    private static final byte[] PREFIX = "user:".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] LEASE = "lease:{".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ABSENT = "absent:{".getBytes(StandardCharsets.US_ASCII);

    private UserKeys() {}

    /** A key like those of users, which no user has. For probes. */
    public static byte[] nobody() {
        return PREFIX;
    }

    /** Its lease. */
    public static byte[] leaseOfNobody() {
        return wrap(LEASE, PREFIX);
    }

    /** Its note of absence. */
    public static byte[] absenceOfNobody() {
        return wrap(ABSENT, PREFIX);
    }

    /**
     * {@code changefeed:NAME}: what is known of a change feed, a hash. {@code session}: who may apply changes; {@code history} and
     * {@code position}: up to where which log is applied; {@code beat}: a count of confirmations.
     *
     * @param name of the feed
     */
    public static byte[] feed(String name) {
        return ("changefeed:" + name).getBytes(StandardCharsets.UTF_8);
    }

    /** Adds the three keys of a user, in the order in which the scripts expect them; one Cluster slot holds them. */
    public static void addAll(UserId id, CommandArgs<byte[], byte[]> arguments) {
        byte[] user = user(id);
        arguments.addKey(user).addKey(wrap(LEASE, user)).addKey(wrap(ABSENT, user));
    }

    /** {@code lease:{user:ID}}: who may fill the user. */
    public static byte[] lease(UserId id) {
        return wrap(LEASE, user(id));
    }

    /** {@code absent:{user:ID}}: present while the user is known not to exist. */
    public static byte[] absent(UserId id) {
        return wrap(ABSENT, user(id));
    }

    /** The user whose key this is; null for any other key. */
    public static @Nullable UserId idOf(byte[] key) {
        return unwrap(key, PREFIX, 0);
    }

    /** The user whose lease this is the key of; null for any other key. */
    public static @Nullable UserId idOfLease(byte[] key) {
        return unwrap(key, LEASE, PREFIX.length);
    }

    /** The user whose note of absence this is the key of; null for any other key. */
    public static @Nullable UserId idOfAbsent(byte[] key) {
        return unwrap(key, ABSENT, PREFIX.length);
    }

    /** @param inner length of the user's own prefix within the braces; 0 = there are no braces */
    private static @Nullable UserId unwrap(byte[] key, byte[] prefix, int inner) {
        int start = prefix.length + inner;
        int end = inner == 0 ? key.length : key.length - 1;
        if (end <= start
                || !Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length)
                || !Arrays.equals(key, prefix.length, start, PREFIX, 0, inner)
                || (inner > 0 && key[end] != '}')) {
            return null;
        }
        String text = new String(key, start, end - start, StandardCharsets.ISO_8859_1);
        return UserId.parse(text) instanceof UserId id ? id : null;
    }

    private static byte[] wrap(byte[] prefix, byte[] user) {
        byte[] key = Arrays.copyOf(prefix, prefix.length + user.length + 1);
        System.arraycopy(user, 0, key, prefix.length, user.length);
        key[key.length - 1] = '}';
        return key;
    }

    /** {@code user:ID}, where the user's object is stored. */
    @SuppressWarnings("deprecation") // String.getBytes(int, int, byte[], int) drops the high bytes; ids have none
    public static byte[] user(UserId id) {
        String value = id.value();
        byte[] key = new byte[PREFIX.length + value.length()];
        System.arraycopy(PREFIX, 0, key, 0, PREFIX.length);
        value.getBytes(0, value.length(), key, PREFIX.length);
        return key;
    }
}
