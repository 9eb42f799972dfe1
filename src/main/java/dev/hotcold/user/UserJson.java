package dev.hotcold.user;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A user as the JSON members that are stored in Redis and sent to callers:
 * {@code "user_id":"…","deeplink":"…","promo_message":"…"}, in that order, without white space, in UTF-8. An instance is
 * proof of that form, so its bytes may be placed inside another JSON object as they are. Immutable.
 *
 * <p>Any legal JSON escape may stand in the two texts (other writers escape more than this class does); U+0000, which
 * PostgreSQL cannot hold, and unpaired surrogates, which are no text, may not.
 */
public final class UserJson {

    private static final byte[] USER_ID = ascii("\"user_id\":\"");
    private static final byte[] DEEPLINK = ascii("\",\"deeplink\":\"");
    private static final byte[] PROMO_MESSAGE = ascii("\",\"promo_message\":\"");

    private final byte[] bytes;
    private final int offset;
    private final int length;

    private UserJson(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.offset = offset;
        this.length = length;
    }

    /** Encodes a user. Control characters, quotes and backslashes are escaped; an unpaired surrogate becomes U+FFFD. */
    public static UserJson encode(User user) {
        String id = user.id().value();
        int capacity = USER_ID.length
                + id.length()
                + DEEPLINK.length
                + user.deeplink().length()
                + PROMO_MESSAGE.length
                + user.promoMessage().length()
                + JsonText.MOST_PER_CHAR;
        JsonText out = new JsonText(capacity);
        out.append(USER_ID);
        out.appendEscaped(id);
        out.append(DEEPLINK);
        out.appendEscaped(user.deeplink());
        out.append(PROMO_MESSAGE);
        out.appendEscaped(user.promoMessage());
        out.append((byte) '"');
        return new UserJson(out.array(), 0, out.size());
    }

    /**
     * Proves that the members of {@code id} stand in {@code bytes} from {@code start} on.
     *
     * @param bytes kept, not copied: the caller must not change them afterwards
     * @return the members, or null when anything else stands there
     */
    public static @Nullable UserJson prove(UserId id, byte[] bytes, int start) {
        int at = expect(bytes, start, USER_ID);
        at = at < 0 ? -1 : expect(bytes, at, id.value());
        at = at < 0 ? -1 : expect(bytes, at, DEEPLINK);
        at = at < 0 ? -1 : JsonStrings.endOfText(bytes, at);
        at = at < 0 ? -1 : expect(bytes, at, PROMO_MESSAGE);
        at = at < 0 ? -1 : JsonStrings.endOfText(bytes, at);
        return at < 0 ? null : new UserJson(bytes, start, at + 1 - start);
    }

    /** The array that holds the members, from {@link #offset} for {@link #length} bytes. Not to be changed. */
    public byte[] array() {
        return bytes;
    }

    /** Where the members begin. */
    public int offset() {
        return offset;
    }

    /** How many bytes the members take. */
    public int length() {
        return length;
    }

    /** The whole JSON object {@code {…}} with these members and no others. */
    public byte[] toObject() {
        byte[] object = new byte[length + 2];
        object[0] = '{';
        System.arraycopy(bytes, offset, object, 1, length);
        object[length + 1] = '}';
        return object;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UserJson that
                && Arrays.equals(bytes, offset, offset + length, that.bytes, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    @Override
    public String toString() {
        return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }

    private static int expect(byte[] bytes, int start, byte[] literal) {
        int end = start + literal.length;
        return end <= bytes.length && Arrays.equals(bytes, start, end, literal, 0, literal.length) ? end : -1;
    }

    private static int expect(byte[] bytes, int start, String ascii) {
        int end = start + ascii.length();
        if (end > bytes.length) {
            return -1;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[start + i] != ascii.charAt(i)) {
                return -1;
            }
        }
        return end;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
