package dev.hotcold.hot.layout;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hotcold.testkit.StrictJson;
import dev.hotcold.testkit.StrictJson.Member;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Whatever user PostgreSQL can hold: what is stored for it in Redis is read back as that user. An input is an id and two
 * texts, with U+0000 between them, which none of them can hold.
 */
class CachedUserCodecRoundTripFuzzTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");

    @FuzzTest
    void read_whatWasStored_isThatUser(byte[] input) throws IOException {
        String[] parts = (new String(input, StandardCharsets.UTF_8) + "\0\0").split("\0", -1);
        UserId id = UserId.parse(parts[0]) instanceof UserId valid ? valid : ALICE;
        UserJson stored = UserJson.encode(new User(id, parts[1], parts[2]));

        CachedUser read = Objects.requireNonNull(CachedUserCodec.read(id, stored.toObject()), "was refused");
        CachedUser timed = Objects.requireNonNull(
                CachedUserCodec.read(id, CachedUserCodec.write(new CachedUser(stored, 7))), "was refused");

        assertThat(read).isEqualTo(new CachedUser(stored, CachedUser.NO_EXPIRY));
        assertThat(timed).isEqualTo(new CachedUser(stored, 7));
        assertThat(StrictJson.members(read.user().toObject()))
                .containsExactly(
                        Member.ofText("user_id", id.value()),
                        Member.ofText("deeplink", parts[1]),
                        Member.ofText("promo_message", parts[2]));
    }
}
