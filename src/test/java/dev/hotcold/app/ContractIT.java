package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The vectors of the contract, in order, against one fresh server. */
class ContractIT {

    private enum Style {
        STATUS,
        COMPACT;

        String setting() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        String member() {
            return setting() + "_style";
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyCase_inOrder_isAnsweredAsTheContractSays(Style style) throws IOException {
        JsonObject contract = contract();
        Servers servers = Servers.shared();
        for (JsonObject row : objects(contract, "rows")) {
            servers.put(row.getString("user_id"), row.getString("deeplink"), row.getString("promo_message"));
        }
        try (TestService service = TestService.start(servers, "RESPONSE_STYLE", style.setting())) {
            for (JsonObject vector : objects(contract, "cases")) {
                Response response = service.get(vector.getString("request"));

                assertThat(response.status()).as(vector.getString("name")).isEqualTo(vector.getInteger("status"));
                assertBody(vector, style, response.body());
                assertThat(response.header("Content-Type")).isEqualTo("application/json; charset=utf-8");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyRow_coldThenHot_carriesTheSameUser(Style style) throws IOException {
        Servers servers = Servers.shared();
        List<JsonObject> rows = objects(contract(), "rows");
        for (JsonObject row : rows) {
            servers.put(row.getString("user_id"), row.getString("deeplink"), row.getString("promo_message"));
        }
        try (TestService service = TestService.start(servers, "RESPONSE_STYLE", style.setting())) {
            for (JsonObject row : rows) {
                Response cold = service.lookup(row.getString("user_id"));
                Response hot = service.lookup(row.getString("user_id"));

                assertThat(bodyWithoutMetadata(cold)).isEqualTo(expected(row, style, false));
                assertThat(bodyWithoutMetadata(hot)).isEqualTo(expected(row, style, true));
                assertThat(cold.header("Cache-Status")).isEqualTo("redis; fwd=miss");
                assertThat(hot.header("Cache-Status")).isEqualTo("redis; hit");
            }
        }
    }

    private static String expected(JsonObject row, Style style, boolean hit) {
        JsonObject body = style == Style.STATUS
                ? new JsonObject().put("code", 200).put("message", hit ? "ok:redis" : "ok:postgres")
                : new JsonObject().put("code", 0).put("message", "ok");
        return body.mergeIn(row).put("cache_hit", hit).encode();
    }

    private static String bodyWithoutMetadata(Response response) {
        JsonObject body = new JsonObject(response.body());
        body.remove("metadata");
        return body.encode();
    }

    private static void assertBody(JsonObject vector, Style style, String actual) {
        JsonObject body = new JsonObject(actual);
        String written = body.getJsonObject("metadata").getString("timestamp");
        assertThat(written).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        Instant timestamp = Instant.parse(written);
        assertThat(Duration.between(timestamp, Instant.now())).isBetween(Duration.ZERO, Duration.ofSeconds(10));
        JsonObject expected = vector.getJsonObject(style.member());
        if (expected != null) {
            expected.getJsonObject("metadata").put("timestamp", timestamp.toString());
            // Both went through the same encoder, which keeps the order of members.
            assertThat(body.encode()).as(vector.getString("name")).isEqualTo(expected.encode());
            assertThat(actual).doesNotContain("\n", "\": ");
        }
    }

    private static List<JsonObject> objects(JsonObject contract, String member) {
        return contract.getJsonArray(member).stream()
                .map(JsonObject.class::cast)
                .toList();
    }

    private static JsonObject contract() throws IOException {
        try (var vectors = ContractIT.class.getResourceAsStream("/contract-cases.json")) {
            return new JsonObject(new String(vectors.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
