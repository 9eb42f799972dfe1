package dev.hotcold.testkit;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An HTTP client on loopback that sends request targets as they are, however malformed. */
public final class Http implements AutoCloseable {

    private static final Vertx VERTX = Vertx.vertx();
    private static final int PATIENCE_SECONDS = 20;

    /** Shorter than a service's idle timeout, which may otherwise end a connection just chosen for a request. */
    private static final int IDLE_SECONDS = 5;

    private final Context context = VERTX.getOrCreateContext();
    private final HttpClient client;

    private Http(HttpClientOptions options, int connections) {
        this.client = VERTX.httpClientBuilder()
                .with(options)
                .with(new PoolOptions().setHttp1MaxSize(connections))
                .build();
    }

    /** HTTP/1.1 over at most so many connections. */
    public static Http http1(int connections) {
        return new Http(new HttpClientOptions().setKeepAliveTimeout(IDLE_SECONDS), connections);
    }

    /** HTTP/2 without encryption and without an upgrade. */
    public static Http http2() {
        return new Http(
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false)
                        .setHttp2KeepAliveTimeout(IDLE_SECONDS),
                1);
    }

    /** The same, with no headers of the test's own. */
    public Future<Response> send(String method, int port, String target) {
        return send(method, port, target, Map.of());
    }

    /** Sends a request without a body; fails when no response has come to its end within twenty seconds. */
    public Future<Response> send(String method, int port, String target, Map<String, String> headers) {
        Promise<Response> answer = Promise.promise();
        // All on the context's thread: a handler added from another one may come after the events it waits for.
        context.runOnContext(ignored -> client.request(HttpMethod.valueOf(method), port, "127.0.0.1", target)
                .compose(request -> {
                    headers.forEach(request::putHeader);
                    return request.send();
                })
                .compose(response -> response.body()
                        .map(body -> new Response(response.statusCode(), response.headers(), body.toString())))
                .timeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .recover(failure -> Future.failedFuture(
                        new IllegalStateException(method + " :" + port + target + " got no response", failure)))
                .onComplete(answer));
        return answer.future();
    }

    @Override
    public void close() {
        client.close().await();
    }
}
