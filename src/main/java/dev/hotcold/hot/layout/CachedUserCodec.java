package dev.hotcold.hot.layout;

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
 * The value under a user's key: the JSON object {@code {"user_id":…,"deeplink":…,"promo_message":…}}. Further members may
 * follow those three. One is known: a last {@code "fresh_until":MILLISECONDS}, since 1970, is the end of the soft TTL; others
 * are ignored. Anything else counts as no value.
 */
public final class CachedUserCodec {

    private static final JsonFactory STRICT_JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final byte[] FRESH_UNTIL = ",\"fresh_until\":".getBytes(StandardCharsets.US_ASCII);

    /** Digits of the longest number that is read: enough for any time, and no overflow. */
    private static final int MOST_DIGITS = 18;

    private CachedUserCodec() {}

    /** The value that is stored. */
    public static byte[] write(CachedUser cached) {
        UserJson user = cached.user();
        byte[] until = cached.softExpiry() == CachedUser.NO_EXPIRY
                ? new byte[0]
                : Long.toString(cached.softExpiry()).getBytes(StandardCharsets.US_ASCII);
        int member = until.length == 0 ? 0 : FRESH_UNTIL.length + until.length;
        byte[] value = new byte[user.length() + member + 2];
        value[0] = '{';
        System.arraycopy(user.array(), user.offset(), value, 1, user.length());
        if (member > 0) {
            int at = user.length() + 1;
            System.arraycopy(FRESH_UNTIL, 0, value, at, FRESH_UNTIL.length);
            System.arraycopy(until, 0, value, at + FRESH_UNTIL.length, until.length);
        }
        value[value.length - 1] = '}';
        return value;
    }

    /**
     * Proves that the bytes are the object of this very user.
     *
     * @param value kept by the result, not copied
     * @return null when they are not
     */
    public static @Nullable CachedUser read(UserId id, byte[] value) {
        if (value.length == 0 || value[0] != '{') {
            return null;
        }
        UserJson user = UserJson.prove(id, value, 1);
        if (user == null) {
            return null;
        }
        int end = user.offset() + user.length();
        if (end == value.length - 1 && value[end] == '}') {
            return new CachedUser(user, CachedUser.NO_EXPIRY);
        }
        long softExpiry = softExpiry(value, end);
        if (softExpiry != CachedUser.NO_EXPIRY) {
            return new CachedUser(user, softExpiry);
        }
        return end < value.length && value[end] == ',' && isOneObject(value)
                ? new CachedUser(user, CachedUser.NO_EXPIRY)
                : null;
    }

    /** @param at where the member would begin, which must be the last one */
    private static long softExpiry(byte[] value, int at) {
        int digit = at + FRESH_UNTIL.length;
        int end = value.length - 1;
        if (end <= digit
                || end - digit > MOST_DIGITS
                || value[end] != '}'
                || value[digit] == '0'
                || !Arrays.equals(value, at, digit, FRESH_UNTIL, 0, FRESH_UNTIL.length)) {
            return CachedUser.NO_EXPIRY;
        }
        long number = 0;
        for (; digit < end; digit++) {
            if (value[digit] < '0' || value[digit] > '9') {
                return CachedUser.NO_EXPIRY;
            }
            number = 10 * number + value[digit] - '0';
        }
        return number;
    }

    /**
     * Whether the bytes are one JSON object in UTF-8, no member twice, and nothing after it. Slow, and for rare values only.
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
