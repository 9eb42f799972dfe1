package dev.hotcold.hot.layout;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonToken;
import dev.hotcold.testkit.StrictJson;
import dev.hotcold.testkit.StrictJson.Member;
import dev.hotcold.user.UserId;
import java.io.IOException;
import java.util.List;

/** Whatever bytes stand in Redis: what passes for a user is that very user to another parser too. */
class CachedUserCodecFuzzTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");

    @FuzzTest
    void read_anyBytes_areNoValueOrTheUserThatAnotherParserReads(byte[] value) throws IOException {
        byte[] before = value.clone();

        CachedUser cached = CachedUserCodec.read(ALICE, value);

        assertThat(value).isEqualTo(before);
        if (cached != null) {
            List<Member> sent = StrictJson.members(cached.user().toObject());
            assertThat(sent).extracting(Member::name).containsExactly("user_id", "deeplink", "promo_message");
            assertThat(sent).first().isEqualTo(Member.ofText("user_id", "alice"));
            List<Member> stored = StrictJson.members(value);
            assertThat(stored).startsWith(sent.toArray(Member[]::new));
            long time = cached.softExpiry();
            if (time != CachedUser.NO_EXPIRY) {
                assertThat(stored)
                        .hasSize(4)
                        .last()
                        .isEqualTo(new Member("fresh_until", JsonToken.VALUE_NUMBER_INT, Long.toString(time)));
            }
        }
    }
}
