package dev.hotcold.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Whatever stands under a user's key in Redis: the response is valid and right, and the value is repaired. */
class CorruptCacheIT {

    private static final String DEEPLINK = "app://open/alice";
    private static final String PROMO_MESSAGE = "Welcome \"back\", é👋";

    @Test
    void lookup_anyBytesPlanted_answersRightAndRepairs() {
        Servers servers = Servers.shared();
        servers.put("alice", DEEPLINK, PROMO_MESSAGE);
        try (TestService service = TestService.start(servers, "CACHE_STALE_SECONDS", "0")) {
            service.lookup("alice");
            awaitCached(servers);
            byte[] canonical = servers.redisCommands().get("user:alice");
            assertThat(new String(canonical, UTF_8))
                    .isEqualTo("{\"user_id\":\"alice\",\"deeplink\":\"" + DEEPLINK
                            + "\",\"promo_message\":\"Welcome \\\"back\\\", é👋\"}");

            for (byte[] planted : plants(canonical)) {
                servers.redisCommands().set("user:alice", planted);

                Response response = service.lookup("alice");

                assertRight(response, planted);
                if (response.header("Cache-Status").equals("redis; hit")) {
                    assertThat(isAliceAsPostgresHoldsHer(planted)).isTrue();
                } else {
                    awaitRepair(servers, canonical);
                }
            }
            assertThat(service.metric("hotcold_hot_values_rejected_total")).isGreaterThan(500);
        }
    }

    @Test
    void lookup_anotherTypePlanted_answersRightAndRepairs() {
        Servers servers = Servers.shared();
        servers.put("alice", DEEPLINK, PROMO_MESSAGE);
        try (TestService service = TestService.start(servers)) {
            servers.redisCommands().rpush("user:alice", "a".getBytes(UTF_8));

            Response first = service.lookup("alice");
            awaitCached(servers);
            Response second = service.lookup("alice");

            assertRight(first, new byte[0]);
            assertThat(second.header("Cache-Status")).isEqualTo("redis; hit");
        }
    }

    /** Members that a later version may add are no damage: the value stays as it is. */
    @Test
    void lookup_furtherMembersPlanted_isAHitAndStays() {
        Servers servers = Servers.shared();
        String value =
                "{\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"\\u003cp\\u003e\",\"expires_at\":7}";
        servers.redisCommands().set("user:alice", value.getBytes(UTF_8));
        try (TestService service = TestService.start(servers)) {
            Response response = service.lookup("alice");

            JsonObject body = new JsonObject(response.body());
            assertThat(body.fieldNames())
                    .containsExactly(
                            "code", "message", "user_id", "deeplink", "promo_message", "cache_hit", "metadata");
            assertThat(body.getString("promo_message")).isEqualTo("<p>");
            assertThat(servers.cached("alice")).isEqualTo(value);
        }
    }

    private static List<byte[]> plants(byte[] canonical) {
        Random random = new Random(4711);
        List<byte[]> plants = new ArrayList<>();
        for (String text : List.of(
                "",
                "null",
                "{}",
                "[]",
                "0",
                "{\"user_id\":\"alice\"}",
                "{\"user_id\":\"bob\",\"deeplink\":\"x\",\"promo_message\":\"y\"}",
                "{\"user_id\":\"alice\",\"deeplink\":\"x\",\"promo_message\":\"y\",\"deeplink\":\"z\"}",
                "{\"user_id\":\"alice\",\"deeplink\":\"x\",\"promo_message\":\"y\"},\"code\":500,{",
                "{\"user_id\":\"alice\",\"deeplink\":\"x\\\",\"promo_message\":\"y\"}",
                " " + new String(canonical, UTF_8),
                new String(canonical, UTF_8) + "\n")) {
            plants.add(text.getBytes(UTF_8));
        }
        for (int i = 0; i < 300; i++) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            plants.add(noise);
        }
        for (int i = 0; i < 300; i++) {
            byte[] damaged = Arrays.copyOf(canonical, random.nextInt(1, canonical.length));
            plants.add(damaged);
            byte[] structureDamaged = canonical.clone();
            // Within the texts a changed letter makes another valid user, which no reader could tell from the right
            // one.
            structureDamaged[random.nextInt("{\"user_id\":\"alice\",\"deeplink\":".length())] ^=
                    (byte) random.nextInt(1, 256);
            plants.add(structureDamaged);
        }
        return plants;
    }

    private static void assertRight(Response response, byte[] planted) {
        String plant = new String(planted, UTF_8);
        assertThat(response.status()).as(plant).isEqualTo(200);
        JsonObject body = new JsonObject(response.body());
        assertThat(body.fieldNames())
                .as(plant)
                .containsExactly("code", "message", "user_id", "deeplink", "promo_message", "cache_hit", "metadata");
        assertThat(body.getString("user_id")).isEqualTo("alice");
        assertThat(body.getString("deeplink")).as(plant).isEqualTo(DEEPLINK);
        assertThat(body.getString("promo_message")).as(plant).isEqualTo(PROMO_MESSAGE);
    }

    private static boolean isAliceAsPostgresHoldsHer(byte[] planted) {
        try {
            JsonObject value = new JsonObject(
                    UTF_8.newDecoder().decode(ByteBuffer.wrap(planted)).toString());
            return "alice".equals(value.getString("user_id"))
                    && DEEPLINK.equals(value.getString("deeplink"))
                    && PROMO_MESSAGE.equals(value.getString("promo_message"));
        } catch (CharacterCodingException | DecodeException e) {
            return false;
        }
    }

    private static void awaitRepair(Servers servers, byte[] canonical) {
        await(() -> Arrays.equals(servers.redisCommands().get("user:alice"), canonical));
    }

    /** Polls often: this is asked hundreds of times. */
    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(condition);
    }

    private static void awaitCached(Servers servers) {
        await(() -> "string".equals(servers.redisCommands().type("user:alice")));
    }
}
