package dev.hotcold.hot.layout;

import dev.hotcold.user.UserId;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Names of the Redis keys of one deployment. All begin with its prefix, so that deployments which share a Redis never meet; that of
 * a user stands once more in what is derived from it, so that one Cluster slot holds all keys of the user. Immutable.
 */
public final class UserKeys {

    private static final byte[] USER = ascii("user:");
    private static final byte[] LEASE = ascii("lease:{");
    private static final byte[] ABSENT = ascii("absent:{");

    private static final byte[] MARK = ascii("#deployment");
    private static final byte[] ALIVE = ascii("#alive");

    private final String prefix;
    private final byte[] user;
    private final byte[] lease;
    private final byte[] absent;

    /** @param prefix printable ASCII without blanks, braces and what a pattern of Redis has a meaning for; "" = none */
    public UserKeys(String prefix) {
        this.prefix = prefix;
        this.user = join(ascii(prefix), USER);
        this.lease = join(ascii(prefix), LEASE);
        this.absent = join(ascii(prefix), ABSENT);
    }

    /** A key like those of users, which no user has. For probes. */
    public byte[] nobody() {
        return user.clone();
    }

    /** Its lease. */
    public byte[] leaseOfNobody() {
        return wrap(lease, user);
    }

    /** Its note of absence. */
    public byte[] absenceOfNobody() {
        return wrap(absent, user);
    }

    /**
     * {@code changefeed:NAME}: what is known of a change feed, a hash. {@code session}: who may apply changes; {@code history} and
     * {@code position}: up to where which log is applied; {@code beat}: a count of confirmations.
     *
     * @param name of the feed
     */
    public byte[] feed(String name) {
        return (prefix + "changefeed:" + name).getBytes(StandardCharsets.UTF_8);
    }

    /** {@code user:#deployment}: whose users these are. No user's, since no id has such a character; one pattern of an ACL has both. */
    public byte[] mark() {
        return join(user, MARK);
    }

    /** {@code user:#alive}: present while an instance of that deployment lives. */
    public byte[] markIsAlive() {
        return join(user, ALIVE);
    }

    /** What SCAN finds all change feeds by. */
    public String patternOfFeeds() {
        return prefix + "changefeed:*";
    }

    /** What SCAN finds all users by, and others that look alike. */
    public String patternOfUsers() {
        return prefix + "user:*";
    }

    /** What SCAN finds all leases by, and others that look alike. */
    public String patternOfLeases() {
        return prefix + "lease:{" + prefix + "user:*";
    }

    /** What SCAN finds all notes of absence by, and others that look alike. */
    public String patternOfAbsences() {
        return prefix + "absent:{" + prefix + "user:*";
    }

    /** What SCAN finds all keys that name a user by, and others that look alike. */
    public String patternOfAll() {
        return prefix + "*user:*";
    }

    /** All keys, as the patterns of an ACL rule of Redis. */
    public String patternsOfAcl() {
        return Stream.of(patternOfUsers(), patternOfLeases(), patternOfAbsences(), patternOfFeeds())
                .collect(Collectors.joining(" ~", "~", ""));
    }

    /** Adds the three keys of a user, in the order in which the scripts expect them; one Cluster slot holds them. */
    public void addAll(UserId id, CommandArgs<byte[], byte[]> arguments) {
        byte[] key = user(id);
        arguments.addKey(key).addKey(wrap(lease, key)).addKey(wrap(absent, key));
    }

    /** {@code lease:{user:ID}}: who may fill the user. */
    public byte[] lease(UserId id) {
        return wrap(lease, user(id));
    }

    /** {@code absent:{user:ID}}: present while the user is known not to exist. */
    public byte[] absent(UserId id) {
        return wrap(absent, user(id));
    }

    /** The user whose key this is; null for any other key. */
    public @Nullable UserId idOf(byte[] key) {
        return unwrap(key, user, 0);
    }

    /** The user whose lease this is the key of; null for any other key. */
    public @Nullable UserId idOfLease(byte[] key) {
        return unwrap(key, lease, user.length);
    }

    /** The user whose note of absence this is the key of; null for any other key. */
    public @Nullable UserId idOfAbsent(byte[] key) {
        return unwrap(key, absent, user.length);
    }

    /** @param inner length of what the user's own key begins with within the braces; 0 = there are no braces */
    private @Nullable UserId unwrap(byte[] key, byte[] beginning, int inner) {
        int start = beginning.length + inner;
        int end = inner == 0 ? key.length : key.length - 1;
        if (end <= start
                || !Arrays.equals(key, 0, beginning.length, beginning, 0, beginning.length)
                || !Arrays.equals(key, beginning.length, start, user, 0, inner)
                || (inner > 0 && key[end] != '}')) {
            return null;
        }
        String text = new String(key, start, end - start, StandardCharsets.ISO_8859_1);
        return UserId.parse(text) instanceof UserId id ? id : null;
    }

    private static byte[] wrap(byte[] beginning, byte[] user) {
        byte[] key = Arrays.copyOf(beginning, beginning.length + user.length + 1);
        System.arraycopy(user, 0, key, beginning.length, user.length);
        key[key.length - 1] = '}';
        return key;
    }

    /** {@code user:ID}, where the user's object is stored. */
    @SuppressWarnings("deprecation") // String.getBytes(int, int, byte[], int) drops the high bytes; ids have none
    public byte[] user(UserId id) {
        String value = id.value();
        byte[] key = new byte[user.length + value.length()];
        System.arraycopy(user, 0, key, 0, user.length);
        value.getBytes(0, value.length(), key, user.length);
        return key;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof UserKeys keys && keys.prefix.equals(prefix);
    }

    @Override
    public int hashCode() {
        return prefix.hashCode();
    }

    /** The prefix. */
    @Override
    public String toString() {
        return prefix;
    }
}
