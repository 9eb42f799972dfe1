package dev.hotcold.http.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.AllowedOrigins;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The bytes of every response to a lookup. */
class LookupResponsesTest {

    private static final UserJson ALICE = UserJson.encode(new User((UserId) UserId.parse("alice"), "d", "p"));
    private static final String USER = "\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"p\"";

    private final ManualTime time = new ManualTime();

    @BeforeEach
    void setTime() {
        time.setEpochMillis(Instant.parse("2026-01-01T00:00:00.999Z").toEpochMilli());
    }

    @Test
    void bodies_statusStyle_areTheContracts() {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);

        assertThat(responses.of(new Found(ALICE, Layer.HOT)))
                .hasToString(
                        "{\"code\":200,\"message\":\"ok:redis\"," + USER + ",\"cache_hit\":true," + metadata("00"));
        assertThat(responses.of(new Found(ALICE, Layer.COLD)))
                .hasToString(
                        "{\"code\":200,\"message\":\"ok:postgres\"," + USER + ",\"cache_hit\":false," + metadata("00"));
        assertThat(responses.of(new StaleUser(ALICE, Duration.ofSeconds(12))))
                .hasToString(
                        "{\"code\":200,\"message\":\"ok:redis\"," + USER + ",\"cache_hit\":true," + metadata("00"));
        assertThat(responses.invalidUserId()).hasToString(failure(400, "invalid user_id"));
        assertThat(responses.of(new NotFound(Layer.COLD))).hasToString(failure(404, "not found"));
        assertThat(responses.of(new Unavailable(Reason.FAILED))).hasToString(failure(500, "internal error"));
        assertThat(responses.of(new Unavailable(Reason.TIMED_OUT))).hasToString(failure(500, "internal error"));
        assertThat(responses.of(new Unavailable(Reason.OVERLOADED))).hasToString(failure(503, "unavailable"));
    }

    @Test
    void bodies_compactStyle_areTheContracts() {
        LookupResponses responses = new LookupResponses(ResponseStyle.COMPACT, LookupHeaders.UNSHARED, time);

        assertThat(responses.of(new Found(ALICE, Layer.HOT)))
                .hasToString("{\"code\":0,\"message\":\"ok\"," + USER + ",\"cache_hit\":true," + metadata("00"));
        assertThat(responses.of(new Found(ALICE, Layer.COLD_ONLY)))
                .hasToString("{\"code\":0,\"message\":\"ok\"," + USER + ",\"cache_hit\":false," + metadata("00"));
        assertThat(responses.invalidUserId()).hasToString(failure(1, "invalid user_id"));
        assertThat(responses.of(new NotFound(Layer.HOT))).hasToString(failure(4, "not found"));
        assertThat(responses.of(new Unavailable(Reason.FAILED))).hasToString(failure(5, "internal error"));
        assertThat(responses.of(new Unavailable(Reason.OVERLOADED))).hasToString(failure(6, "unavailable"));
    }

    @ParameterizedTest
    @EnumSource
    void timestamp_asTimePasses_changesWithTheSecond(ResponseStyle style) {
        LookupResponses responses = new LookupResponses(style, LookupHeaders.UNSHARED, time);
        LookupResult notFound = new NotFound(Layer.COLD);
        assertThat(responses.of(notFound).toString()).endsWith(metadata("00"));

        time.setEpochMillis(time.epochMillis() + 1);
        assertThat(responses.of(notFound).toString()).endsWith(metadata("01"));
        time.setEpochMillis(time.epochMillis() + 999);
        assertThat(responses.of(notFound).toString()).endsWith(metadata("01"));
        time.setEpochMillis(time.epochMillis() + 1);
        assertThat(responses.of(notFound).toString()).endsWith(metadata("02"));
    }

    /** RFC 9110 requires two digits for the day. */
    @Test
    void date_ofTheFirstOfAMonth_isInTheFixedForm() {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);

        assertThat(encode(responses.invalidUserId())).contains("\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
    }

    @Test
    void encode_hit_isTheWholeResponse() {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);

        String body = "{\"code\":200,\"message\":\"ok:redis\"," + USER + ",\"cache_hit\":true," + metadata("00");
        assertThat(encode(responses.of(new Found(ALICE, Layer.HOT))))
                .isEqualTo("HTTP/1.1 200 OK\r\n"
                        + "content-type: application/json; charset=utf-8\r\n"
                        + "date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                        + "Cache-Status: redis; hit\r\n"
                        + "Cache-Control: no-store\r\n"
                        + "content-length: " + body.length() + "\r\n\r\n" + body);
    }

    @Test
    void encode_usersMayBeKept_onlyThoseUpToDateAndForAnybodyAre() {
        AccessSettings keyed = new AccessSettings(Optional.empty(), Optional.of(Path.of("keys")), AllowedOrigins.NONE);
        LookupResponses responses =
                new LookupResponses(ResponseStyle.STATUS, new LookupHeaders(Duration.ofMinutes(1), keyed, false), time);

        for (Layer layer : Layer.values()) {
            assertThat(encode(responses.of(new Found(ALICE, layer))))
                    .contains("\r\nCache-Control: private, max-age=60\r\n")
                    .doesNotContain("no-store");
            assertThat(encode(responses.ofBypass(new Found(ALICE, layer))))
                    .isEqualTo(
                            encode(responses.of(new Found(ALICE, layer))).replace("private, max-age=60", "no-store"));
        }
        for (LookupResponse response : List.of(
                responses.of(new StaleUser(ALICE, Duration.ofSeconds(12))),
                responses.of(new NotFound(Layer.HOT)),
                responses.of(new NotFound(Layer.COLD)),
                responses.ofBypass(new NotFound(Layer.COLD)),
                responses.of(new Unavailable(Reason.FAILED)),
                responses.of(new Unavailable(Reason.TIMED_OUT)),
                responses.of(new Unavailable(Reason.OVERLOADED)),
                responses.overloaded(),
                responses.invalidUserId())) {
            assertThat(encode(response))
                    .contains("\r\nCache-Control: no-store\r\n", "\r\nvary: Authorization, X-API-Key\r\n")
                    .doesNotContain("max-age");
        }
    }

    @Test
    void encode_overload_tellsWhenToRetry() {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);

        assertThat(encode(responses.of(new Unavailable(Reason.OVERLOADED))))
                .startsWith("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\ncontent-type: ")
                .doesNotContain("Cache-Status");
    }

    @ParameterizedTest
    @CsvSource({"HOT, redis; hit", "COLD, redis; fwd=miss", "REFRESHED, redis; fwd=stale"})
    void encode_layer_isItsCacheStatus(Layer layer, String cacheStatus) {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);

        assertThat(encode(responses.of(new Found(ALICE, layer)))).contains("\r\nCache-Status: " + cacheStatus + "\r\n");
        assertThat(encode(responses.of(new NotFound(layer)))).contains("\r\nCache-Status: " + cacheStatus + "\r\n");
    }

    @Test
    void encode_storeUnreachableOrStaleUser_saysSoInCacheStatus() {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);

        assertThat(encode(responses.of(new Found(ALICE, Layer.COLD_ONLY))))
                .contains("\r\nCache-Status: redis; fwd=miss; detail=unreachable\r\n");
        assertThat(encode(responses.of(new StaleUser(ALICE, Duration.ofSeconds(12)))))
                .contains("\r\nCache-Status: redis; hit; ttl=-12; detail=stale\r\n");
    }

    /** As on the fast path, where a response waits for those of earlier requests. */
    @Test
    void encode_aSecondLater_keepsDateAndTimestampOfTheResult() {
        LookupResponses responses = new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, time);
        LookupResponse waiting = responses.of(new NotFound(Layer.COLD));

        time.setEpochMillis(time.epochMillis() + 1000);
        responses.of(new NotFound(Layer.COLD));

        assertThat(encode(waiting))
                .contains("date: Thu, 01 Jan 2026 00:00:00 GMT")
                .endsWith(metadata("00"));
    }

    private static String encode(LookupResponse response) {
        ByteBuf bytes = response.encode(UnpooledByteBufAllocator.DEFAULT);
        try {
            return bytes.toString(StandardCharsets.US_ASCII);
        } finally {
            bytes.release();
        }
    }

    private static String failure(int code, String message) {
        return "{\"code\":" + code + ",\"message\":\"" + message + "\",\"cache_hit\":false," + metadata("00");
    }

    private static String metadata(String second) {
        return "\"metadata\":{\"timestamp\":\"2026-01-01T00:00:" + second + "Z\",\"version\":\"v1\"}}";
    }
}
