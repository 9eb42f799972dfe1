package dev.hotcold.hot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The value stored under a user's key: the JSON object {@code {"user_id":…,"deeplink":…,"promo_message":…}}. Further
 * members may follow those three; they are ignored. Anything else counts as no value.
 */
final class CachedValue {

    private static final JsonFactory STRICT_JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private CachedValue() {}

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
        return end < value.length && value[end] == ',' && isOneObject(value) ? user : null;
    }

    /** Whether the bytes are one JSON object, no member twice, and nothing after it. The way of rare values only. */
    private static boolean isOneObject(byte[] value) {
        try (JsonParser parser = STRICT_JSON.createParser(value)) {
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
