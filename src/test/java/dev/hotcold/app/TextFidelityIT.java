package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.Texts;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever text PostgreSQL holds is what both paths return. */
class TextFidelityIT {

    private record Held(String deeplink, String promoMessage) {}

    @Test
    void lookup_anyTexts_coldAndHotReturnWhatPostgresHolds() throws SQLException {
        Servers servers = Servers.shared();
        Random random = new Random(42);
        List<String> texts = new ArrayList<>(Texts.classics());
        for (int i = 0; i < 600; i++) {
            texts.add(Texts.valid(random));
        }
        insert(servers, texts);
        Map<String, Held> held = held(servers);
        assertThat(held).hasSameSizeAs(texts);

        try (TestService service =
                TestService.start(servers, "REQUEST_TIMEOUT_MS", "5000", "REDIS_READ_TIMEOUT_MS", "2000")) {
            for (Map.Entry<String, Held> user : held.entrySet()) {
                Response cold = service.lookup(user.getKey());
                Response hot = service.lookup(user.getKey());

                assertThat(texts(cold)).isEqualTo(user.getValue());
                assertThat(texts(hot)).isEqualTo(user.getValue());
                assertThat(cold.body()).contains("\"message\":\"ok:postgres\"");
                assertThat(hot.body()).contains("\"message\":\"ok:redis\"");
            }
        }
    }

    /** The driver turns an unpaired surrogate into something PostgreSQL can hold, and that is what callers get. */
    @Test
    void lookup_textsMadeOfLoneSurrogates_returnWhatPostgresMadeOfThem() throws SQLException {
        Servers servers = Servers.shared();
        servers.sql("INSERT INTO users VALUES ('surrogate', U&'\\FFFD', 'x')");
        String lone = "a\ud800b\udc00c";
        try (Connection connection = servers.connect();
                PreparedStatement update = connection.prepareStatement("UPDATE users SET promo_message = ?")) {
            update.setString(1, lone);
            update.executeUpdate();
        }
        Map<String, Held> held = held(servers);

        try (TestService service = TestService.start(servers)) {
            assertThat(texts(service.lookup("surrogate"))).isEqualTo(held.get("surrogate"));
            assertThat(texts(service.lookup("surrogate"))).isEqualTo(held.get("surrogate"));
        }
    }

    private static void insert(Servers servers, List<String> texts) throws SQLException {
        try (Connection connection = servers.connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO users VALUES (?, ?, ?)")) {
            for (int i = 0; i < texts.size(); i++) {
                insert.setString(1, "t" + i);
                insert.setString(2, texts.get(i));
                insert.setString(3, texts.get((i + 7) % texts.size()));
                insert.executeUpdate();
            }
        }
    }

    private static Map<String, Held> held(Servers servers) throws SQLException {
        Map<String, Held> held = new LinkedHashMap<>();
        try (Connection connection = servers.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT user_id, deeplink, promo_message FROM users")) {
            while (rows.next()) {
                held.put(rows.getString(1), new Held(rows.getString(2), rows.getString(3)));
            }
        }
        return held;
    }

    private static Held texts(Response response) {
        assertThat(response.status()).isEqualTo(200);
        JsonObject body = new JsonObject(response.body());
        return new Held(body.getString("deeplink"), body.getString("promo_message"));
    }
}
