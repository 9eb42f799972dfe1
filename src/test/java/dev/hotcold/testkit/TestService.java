package dev.hotcold.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.app.Service;
import dev.hotcold.app.StartFailure;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The whole service in this process, on free ports, as its environment says. */
public final class TestService implements AutoCloseable {

    private static final Vertx CLIENT_VERTX = Vertx.vertx();
    private static final int PATIENCE_SECONDS = 20;

    private final Service service;
    private final HttpClient client = CLIENT_VERTX.createHttpClient();
    private final HttpClient http2 = CLIENT_VERTX.createHttpClient(
            new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));

    private TestService(Service service) {
        this.service = service;
    }

    /** On these servers, with the defaults of every setting but those given as name, value, name, value… */
    public static TestService start(Servers servers, String... settings) {
        Map<String, String> environment = new HashMap<>();
        environment.put("DATABASE_URL", servers.postgres().databaseUrl());
        environment.put("REDIS_ADDR", servers.redis().address());
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return start(environment);
    }

    /** With exactly this environment, but for ports that are not in it, which are any free ones. */
    public static TestService start(Map<String, String> environment) {
        Map<String, String> complete = new HashMap<>(Map.of("PORT", "0", "MANAGEMENT_PORT", "0"));
        complete.putAll(environment);
        Loaded loaded = ConfigLoader.load(complete);
        assertThat(loaded).isInstanceOf(Loaded.Valid.class);
        try {
            return new TestService(Service.start(((Loaded.Valid) loaded).config()));
        } catch (StartFailure failure) {
            throw new IllegalStateException(failure);
        }
    }

    public Service service() {
        return service;
    }

    public int port() {
        return service.port();
    }

    /** Looks up a user. */
    public Response lookup(String userId) {
        return get("/v1/users?user_id=" + userId);
    }

    /** Looks up a user over HTTP/2 without encryption, begun without an upgrade. */
    public Response lookupHttp2(String userId) {
        return send(http2, "GET", service.port(), "/v1/users?user_id=" + userId);
    }

    /** A GET on the public port. */
    public Response get(String target) {
        return send("GET", target);
    }

    /** Any request without a body on the public port. */
    public Response send(String method, String target) {
        return send(client, method, service.port(), target);
    }

    /** A GET on the management port. */
    public Response manage(String target) {
        return send(client, "GET", service.managementPort(), target);
    }

    /** The value of one line of the metrics; NaN when there is no such line. */
    public double metric(String nameAndTags) {
        Matcher line = Pattern.compile("^" + Pattern.quote(nameAndTags) + " (\\S+)$", Pattern.MULTILINE)
                .matcher(manage("/metrics").body());
        return line.find() ? Double.parseDouble(line.group(1)) : Double.NaN;
    }

    private static Response send(HttpClient client, String method, int port, String target) {
        return client.request(HttpMethod.valueOf(method), port, "127.0.0.1", target)
                .compose(request -> request.send())
                .compose(response -> response.body()
                        .map(body -> new Response(response.statusCode(), response.headers(), body.toString())))
                .timeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .recover(failure -> Future.failedFuture(
                        new IllegalStateException(method + " :" + port + target + " got no response", failure)))
                .await();
    }

    @Override
    public void close() {
        client.close().await();
        http2.close().await();
        service.close();
    }
}
