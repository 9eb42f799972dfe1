package dev.hotcold.http.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.user.ParsedUserId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UserIdParameterTest {

    @ParameterizedTest
    @CsvSource({
        "user_id=alice, alice",
        "user_id=%61lice, alice",
        "user_id=%61%6C%69%63%65, alice",
        "%75ser_id=alice, alice",
        "x=1&user_id=alice&y=2, alice",
        "user_id=alice&user_id=, alice",
        "&&user_id=a, a",
        "user_id&user_id=b, malformed",
        "x=user_id=c&user_id=d, d",
        "USER_ID=e&user_id=f, f",
        "bad=%zz&user_id=g, g",
        "user_id=A_b-9, A_b-9"
    })
    void parse_query_findsTheFirst(String query, String expected) {
        assertThat(UserIdParameter.parse(query).toString()).isEqualToIgnoringCase(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "&",
                "user_id",
                "user_id=",
                "user_id=&user_id=alice",
                "user_id=a+b",
                "user_id=%zz",
                "user_id=%",
                "user_id=%6",
                "user_id=%6&x=1",
                "user_id=alice%0A",
                "user_id=alice%00",
                "user_id=%D9%A1%D9%A2",
                "user_id=%EF%BC%A1",
                "user_id=a=b",
                "user_id=a;b",
                "user_id=a#b",
                "user_id=%\uff16\uff11",
                "userid=alice",
                "id=alice"
            })
    void parse_noValidId_isMalformed(String query) {
        assertThat(UserIdParameter.parse(query)).isEqualTo(ParsedUserId.Malformed.MALFORMED);
    }

    @Test
    void parse_noQuery_isMalformed() {
        assertThat(UserIdParameter.parse(null)).isEqualTo(ParsedUserId.Malformed.MALFORMED);
    }
}
