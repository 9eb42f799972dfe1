package dev.hotcold.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What servers say is repeated without the ids of users. */
final class ForeignTextTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "OOM command not allowed when used memory > 'maxmemory'. | OOM command not allowed when used memory > 'maxmemory'.",
                "ERR unknown command 'MGET', with args beginning with: 'user:alice' | ERR unknown command 'MGET'",
                "NOPERM User default has no permissions to access the 'user:alice' key | NOPERM User default has no permissions to access the 'user:…' key",
                "no lease:{user:a-b_1} | no lease:{user:…}",
                "no a:lease:{a:user:alice} | no a:lease:{a:user:…}",
                "no user:user:alice | no user:…",
                "no lease:{user:x/user:alice} | no lease:{user:…}",
            })
    void withoutKeys_keysAndArguments_areLeftOut(String said, String repeated) {
        assertThat(ForeignText.withoutKeys(said)).isEqualTo(repeated);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "invalid value \"alice\" | invalid value \"…\"",
                "denied: alice, bob-2 | denied: …, …",
                "malice is not alicebob | malice is not alicebob",
                "column \"user_id\" | column \"user_id\"",
                "no_alice, alice-gone, x_bob-2_y and bob-2-bob-2 | no_…, …-gone, x_…_y and …-…",
            })
    void withoutIds_wordsThatAreIds_areLeftOut(String said, String repeated) {
        assertThat(ForeignText.withoutIds(said, Set.of("alice", "bob-2")::contains))
                .isEqualTo(repeated);
    }

    /** An id may have as many parts as letters, and stand in a longer word. */
    @ParameterizedTest
    @CsvSource({
        "f_a-b-c-d-e-f-g-h-i-j, a-b-c-d-e-f-g-h-i-j, f_…",
        "x_a-b-c-d-e-f-g-h-i-j_y-1-2-3-4-5, a-b-c-d-e-f-g-h-i-j, x_…_y-1-2-3-4-5",
        "--------------------, --------------------, …",
        "x-a-b-c-d, a-b, x-…-c-d",
    })
    void withoutIds_idOfManyParts_isLeftOut(String said, String id, String repeated) {
        assertThat(ForeignText.withoutIds(said, id::equals)).isEqualTo(repeated);
    }

    @ParameterizedTest
    @CsvSource({"a-b-c, …"})
    void withoutIds_overlappingIds_areBothLeftOut(String said, String repeated) {
        assertThat(ForeignText.withoutIds(said, Set.of("a-b", "b-c")::contains)).isEqualTo(repeated);
    }
}
