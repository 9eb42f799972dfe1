package dev.hotcold.hot.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.user.UserId;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every key begins with the prefix, says whose it is, and is no key of another prefix. */
class UserKeysTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");

    private static String text(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void keys_noPrefix_areThoseOfEveryVersionBefore() {
        UserKeys keys = new UserKeys("");

        assertThat(text(keys.user(ALICE))).isEqualTo("user:alice");
        assertThat(text(keys.lease(ALICE))).isEqualTo("lease:{user:alice}");
        assertThat(text(keys.absent(ALICE))).isEqualTo("absent:{user:alice}");
        assertThat(text(keys.feed("slot"))).isEqualTo("changefeed:slot");
        assertThat(text(keys.nobody())).isEqualTo("user:");
    }

    @Test
    void keys_prefix_beginAllOfThem() {
        UserKeys keys = new UserKeys("a:");

        assertThat(text(keys.user(ALICE))).isEqualTo("a:user:alice");
        assertThat(text(keys.lease(ALICE))).isEqualTo("a:lease:{a:user:alice}");
        assertThat(text(keys.absent(ALICE))).isEqualTo("a:absent:{a:user:alice}");
        assertThat(text(keys.feed("slot"))).isEqualTo("a:changefeed:slot");
        assertThat(text(keys.nobody())).isEqualTo("a:user:");
        assertThat(text(keys.leaseOfNobody())).isEqualTo("a:lease:{a:user:}");
        assertThat(text(keys.absenceOfNobody())).isEqualTo("a:absent:{a:user:}");
        assertThat(List.of(
                        keys.patternOfUsers(), keys.patternOfLeases(), keys.patternOfAbsences(), keys.patternOfAll()))
                .containsExactly("a:user:*", "a:lease:{a:user:*", "a:absent:{a:user:*", "a:*user:*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:", "user:", "lease:"})
    void idOf_ownKey_isTheUser(String prefix) {
        UserKeys keys = new UserKeys(prefix);

        assertThat(keys.idOf(keys.user(ALICE))).isEqualTo(ALICE);
        assertThat(keys.idOfLease(keys.lease(ALICE))).isEqualTo(ALICE);
        assertThat(keys.idOfAbsent(keys.absent(ALICE))).isEqualTo(ALICE);
    }

    @ParameterizedTest
    @CsvSource({"'', a:", "a:, ''", "a:, b:", "a:, a:b:", "a:b:, a:", "'', user:", "user:, ''", "a, aa", "aa, a"})
    void idOf_keyOfAnotherPrefix_isNobody(String own, String other) {
        UserKeys keys = new UserKeys(own);
        UserKeys others = new UserKeys(other);

        for (byte[] key :
                List.of(others.user(ALICE), others.lease(ALICE), others.absent(ALICE), others.feed("user:a"))) {
            assertThat(keys.idOf(key)).isNull();
            assertThat(keys.idOfLease(key)).isNull();
            assertThat(keys.idOfAbsent(key)).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:user:", "a:user:a b", "user:alice", "a:lease:{a:user:alice", "a:lease:{user:alice}"})
    void idOf_lookAlike_isNobody(String key) {
        UserKeys keys = new UserKeys("a:");

        assertThat(keys.idOf(bytes(key))).isNull();
        assertThat(keys.idOfLease(bytes(key))).isNull();
        assertThat(keys.idOfAbsent(bytes(key))).isNull();
    }

    @Test
    void addAll_user_addsTheKeysOfTheScripts() {
        CommandArgs<byte[], byte[]> arguments = new CommandArgs<>(ByteArrayCodec.INSTANCE);
        new UserKeys("a:").addAll(ALICE, arguments);

        ByteBuf encoded = Unpooled.buffer();
        arguments.encode(encoded);
        assertThat(encoded.toString(StandardCharsets.US_ASCII))
                .isEqualTo(
                        "$12\r\na:user:alice\r\n$22\r\na:lease:{a:user:alice}\r\n$23\r\na:absent:{a:user:alice}\r\n");
    }
}
