package dev.hotcold.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResponseBodiesTest {

    private static final UserJson ALICE = UserJson.encode(new User((UserId) UserId.parse("alice"), "d", "p"));
    private static final String USER = "\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"p\"";

    private final ManualTime time = new ManualTime();

    @BeforeEach
    void setTime() {
        time.setEpochMillis(Instant.parse("2026-01-01T00:00:00.999Z").toEpochMilli());
    }

    @Test
    void bodies_statusStyle_areTheContracts() {
        ResponseBodies bodies = new ResponseBodies(ResponseStyle.STATUS, time);

        assertThat(bodies.found(ALICE, Layer.HOT))
                .hasToString(
                        "{\"code\":200,\"message\":\"ok:redis\"," + USER + ",\"cache_hit\":true," + metadata("00"));
        assertThat(bodies.found(ALICE, Layer.COLD))
                .hasToString(
                        "{\"code\":200,\"message\":\"ok:postgres\"," + USER + ",\"cache_hit\":false," + metadata("00"));
        assertThat(bodies.invalid()).hasToString(failure(400, "invalid user_id"));
        assertThat(bodies.notFound()).hasToString(failure(404, "not found"));
        assertThat(bodies.internalError()).hasToString(failure(500, "internal error"));
        assertThat(bodies.unavailable()).hasToString(failure(503, "unavailable"));
    }

    @Test
    void bodies_compactStyle_areTheContracts() {
        ResponseBodies bodies = new ResponseBodies(ResponseStyle.COMPACT, time);

        assertThat(bodies.found(ALICE, Layer.HOT))
                .hasToString("{\"code\":0,\"message\":\"ok\"," + USER + ",\"cache_hit\":true," + metadata("00"));
        assertThat(bodies.found(ALICE, Layer.COLD_ONLY))
                .hasToString("{\"code\":0,\"message\":\"ok\"," + USER + ",\"cache_hit\":false," + metadata("00"));
        assertThat(bodies.invalid()).hasToString(failure(1, "invalid user_id"));
        assertThat(bodies.notFound()).hasToString(failure(4, "not found"));
        assertThat(bodies.internalError()).hasToString(failure(5, "internal error"));
        assertThat(bodies.unavailable()).hasToString(failure(6, "unavailable"));
    }

    @ParameterizedTest
    @EnumSource
    void timestamp_asTimePasses_changesWithTheSecond(ResponseStyle style) {
        ResponseBodies bodies = new ResponseBodies(style, time);
        assertThat(bodies.notFound().toString()).endsWith(metadata("00"));

        time.setEpochMillis(time.epochMillis() + 1);
        assertThat(bodies.notFound().toString()).endsWith(metadata("01"));
        time.setEpochMillis(time.epochMillis() + 999);
        assertThat(bodies.notFound().toString()).endsWith(metadata("01"));
        time.setEpochMillis(time.epochMillis() + 1);
        assertThat(bodies.notFound().toString()).endsWith(metadata("02"));
    }

    /** The form that RFC 9110 asks for has two digits for the day. */
    @Test
    void date_ofTheFirstOfAMonth_isInTheFixedForm() {
        ResponseBodies bodies = new ResponseBodies(ResponseStyle.STATUS, time);

        assertThat(bodies.date()).hasToString("Thu, 01 Jan 2026 00:00:00 GMT");
    }

    private static String failure(int code, String message) {
        return "{\"code\":" + code + ",\"message\":\"" + message + "\",\"cache_hit\":false," + metadata("00");
    }

    private static String metadata(String second) {
        return "\"metadata\":{\"timestamp\":\"2026-01-01T00:00:" + second + "Z\",\"version\":\"v1\"}}";
    }
}
