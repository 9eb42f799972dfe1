package dev.hotcold.hot.layout;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Texts;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CachedUserCodecTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");
    private static final UserJson USER = UserJson.encode(new User(ALICE, "d", "p"));

    @Test
    void read_whatAFillStores_isTheUser() {
        Random random = new Random(3);
        for (int i = 0; i < 5_000; i++) {
            UserJson user = UserJson.encode(new User(ALICE, Texts.valid(random), Texts.valid(random)));

            assertThat(CachedUserCodec.read(ALICE, user.toObject()))
                    .isEqualTo(new CachedUser(user, CachedUser.NO_EXPIRY));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{%s,\"expires_at\":1767225600}",
                "{%s,\"x\":{\"deeplink\":[1,2,{\"user_id\":null}]},\"y\":\"}\"}",
                "{%s,\"x\" : true }",
                "{%s}"
            })
    void read_furtherMembers_areIgnored(String form) {
        assertThat(read(form.formatted(USER))).isEqualTo(USER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "null",
                "%s",
                "{%s",
                "{%s}}",
                "{%s , \"x\":true}",
                "{%s} ",
                " {%s}",
                "[{%s}]",
                "{%s,}",
                "{%s,\"x\"}",
                "{%s,\"x\":1,\"x\":2}",
                "{%s,\"deeplink\":\"other\"}",
                "{%s,\"\\u0064eeplink\":\"other\"}",
                "{%s,\"x\":1}{\"y\":2}",
                "{%s,\"x\":\"\n\"}",
                "{%s,\"x\":NaN}"
            })
    void read_anythingElse_isNoValue(String form) {
        assertThat(read(form.formatted(USER))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{%s,\"\u00ff\":1}", "{%s,\"x\":\"\u00ff\"}", "{%s,\"x\":\"\u00c0\u0080\"}"})
    void read_furtherMembersInAnotherEncoding_isNoValue(String form) {
        byte[] latin = form.formatted(USER).getBytes(StandardCharsets.ISO_8859_1);

        assertThat(CachedUserCodec.read(ALICE, latin)).isNull();
    }

    /** The parser pads a short name with bytes 0xFF to find it among those it has seen; the fuzzer found that out. */
    @Test
    void read_malformedNameThatLooksLikeOneSeenBefore_isNoValue() {
        assertThat(read("{%s,\"e\":1}".formatted(USER))).isNotNull();

        byte[] latin = "{%s,\"\u00ff\u00ff\u00ffe\":1}".formatted(USER).getBytes(StandardCharsets.ISO_8859_1);

        assertThat(CachedUserCodec.read(ALICE, latin)).isNull();
    }

    @Test
    void read_anotherUsersValue_isNoValue() {
        UserId bob = (UserId) UserId.parse("bob");

        assertThat(CachedUserCodec.read(bob, USER.toObject())).isNull();
    }

    private static @Nullable UserJson read(String value) {
        CachedUser cached = readCached(value);
        return cached == null ? null : cached.user();
    }

    private static @Nullable CachedUser readCached(String value) {
        return CachedUserCodec.read(ALICE, value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void softExpiry_whatAFillStores_isReadBack() {
        for (long time : new long[] {1, 1_767_225_600_000L, 999_999_999_999_999_999L, CachedUser.NO_EXPIRY}) {
            CachedUser cached = new CachedUser(USER, time);

            CachedUser read = CachedUserCodec.read(ALICE, CachedUserCodec.write(cached));

            assertThat(read).isEqualTo(cached);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{%s,\"fresh_until\":1.5}",
                "{%s,\"fresh_until\":-1}",
                "{%s,\"fresh_until\":0}",
                "{%s,\"fresh_until\":null}",
                "{%s,\"fresh_until\":\"1\"}",
                "{%s,\"fresh_until\":1234567890123456789}",
                "{%s,\"fresh_until\":1,\"x\":2}",
                "{%s,\"x\":2,\"fresh_until\":1}",
                "{%s}"
            })
    void softExpiry_otherMembers_isNever(String form) {
        assertThat(requireNonNull(readCached(form.formatted(USER))).softExpiry())
                .isEqualTo(CachedUser.NO_EXPIRY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{%s,\"fresh_until\":}",
                "{%s,\"fresh_until\":01}",
                "{%s,\"fresh_until\":1",
                "{%s,\"fresh_until\":1a}"
            })
    void read_damagedSoftExpiry_isNoValue(String form) {
        assertThat(CachedUserCodec.read(ALICE, form.formatted(USER).getBytes(StandardCharsets.UTF_8)))
                .isNull();
    }
}
