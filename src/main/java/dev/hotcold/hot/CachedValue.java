package dev.hotcold.hot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The value stored under a user's key: the JSON object {@code {"user_id":…,"deeplink":…,"promo_message":…}}. Further
 * members may follow those three. One is known: a last {@code "fresh_until":MILLISECONDS}, since 1970, is the end of the
 * user's time, behind which Redis keeps it for emergencies; the others are ignored. Anything else counts as no value.
 */
final class CachedValue {

    private static final JsonFactory STRICT_JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** The end of the time of a user without one. */
    static final long NO_END = Long.MAX_VALUE;

    private static final byte[] FRESH_UNTIL = ",\"fresh_until\":".getBytes(StandardCharsets.US_ASCII);

    /** Digits of the longest number that is read: enough for any time, and no overflow. */
    private static final int MOST_DIGITS = 18;

    private CachedValue() {}

    /**
     * The value that is stored.
     *
     * @param freshUntil milliseconds since 1970; {@link #NO_END} = the user has no time
     */
    static byte[] write(UserJson user, long freshUntil) {
        if (freshUntil == NO_END) {
            return user.toObject();
        }
        byte[] digits = Long.toString(freshUntil).getBytes(StandardCharsets.US_ASCII);
        byte[] value = Arrays.copyOf(user.toObject(), user.length() + 2 + FRESH_UNTIL.length + digits.length);
        int at = user.length() + 1;
        System.arraycopy(FRESH_UNTIL, 0, value, at, FRESH_UNTIL.length);
        System.arraycopy(digits, 0, value, at + FRESH_UNTIL.length, digits.length);
        value[value.length - 1] = '}';
        return value;
    }

    /**
     * When the time of a user ends that was {@link #read}.
     *
     * @return milliseconds since 1970; {@link #NO_END} = never
     */
    static long freshUntil(UserJson user) {
        return freshUntil(user.array(), user.offset() + user.length());
    }

    /** @param at where the member would begin */
    private static long freshUntil(byte[] value, int at) {
        int digit = at + FRESH_UNTIL.length;
        int end = value.length - 1;
        if (end <= digit
                || end - digit > MOST_DIGITS
                || value[end] != '}'
                || value[digit] == '0'
                || !Arrays.equals(value, at, digit, FRESH_UNTIL, 0, FRESH_UNTIL.length)) {
            return NO_END;
        }
        long number = 0;
        for (; digit < end; digit++) {
            if (value[digit] < '0' || value[digit] > '9') {
                return NO_END;
            }
            number = 10 * number + value[digit] - '0';
        }
        return number;
    }

    /**
     * Proves that the bytes are the object of this very user.
     *
     * @param value kept by the result, not copied
     * @return null when they are not
     */
    static @Nullable UserJson read(UserId id, byte[] value) {
        if (value.length == 0 || value[0] != '{') {
            return null;
        }
        UserJson user = UserJson.prove(id, value, 1);
        if (user == null) {
            return null;
        }
        int end = user.offset() + user.length();
        if (end == value.length - 1 && value[end] == '}') {
            return user;
        }
        if (freshUntil(value, end) != NO_END) {
            return user;
        }
        return end < value.length && value[end] == ',' && isOneObject(value) ? user : null;
    }

    /**
     * Whether the bytes are one JSON object in UTF-8, no member twice, and nothing after it. The way of rare values only.
     */
    private static boolean isOneObject(byte[] value) {
        try (JsonParser parser = STRICT_JSON.createParser(value)) {
            // Besides: the parser takes overlong sequences, and some malformed names for others it has seen.
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            parser.skipChildren();
            return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
        } catch (IOException malformed) {
            return false;
        }
    }
}
