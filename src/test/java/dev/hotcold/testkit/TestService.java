package dev.hotcold.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.app.Service;
import dev.hotcold.app.StartFailure;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.lookup.LookupObserver.Failure;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The whole service in this process, on free ports, as its environment says. */
public final class TestService implements AutoCloseable {

    private final Service service;
    private final Http http1 = Http.http1(8);
    private final Http http2 = Http.http2();

    private TestService(Service service) {
        this.service = service;
    }

    /**
     * On these servers, with the defaults of every setting but those given as name, value, name, value… Without the change
     * feed, which would go on to apply what an earlier test has done, and without the comparison of the stores, which would
     * be counted, unless they are given too.
     */
    public static TestService start(Servers servers, String... settings) {
        return start(servers, settings, new String[0]);
    }

    /** The same, with settings that all services of a test share, and further ones, which win. */
    public static TestService start(Servers servers, String[] shared, String[] settings) {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        for (String[] some : List.of(shared, settings)) {
            for (int i = 0; i < some.length; i += 2) {
                environment.put(some[i], some[i + 1]);
            }
        }
        return start(environment);
    }

    /** With exactly this environment, but for ports, any free ones, and {@link
     * RedisClients#IO_URING} where they are not in it. */
    public static TestService start(Map<String, String> environment) {
        Map<String, String> complete =
                new HashMap<>(Map.of("PORT", "0", "MANAGEMENT_PORT", "0", "IO_URING", RedisClients.IO_URING));
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
        return http2.send("GET", service.port(), "/v1/users?user_id=" + userId).await();
    }

    /** The same with any method and headers. */
    public Response sendHttp2(String method, String target, Map<String, String> headers) {
        return http2.send(method, service.port(), target, headers).await();
    }

    /** A GET on the public port. */
    public Response get(String target) {
        return send("GET", target);
    }

    /** Any request without a body on the public port. */
    public Response send(String method, String target) {
        return http1.send(method, service.port(), target).await();
    }

    /** Any request without a body on the management port. */
    public Response manage(String method, String target) {
        return http1.send(method, service.managementPort(), target).await();
    }

    /** A GET on the management port. */
    public Response manage(String target) {
        return http1.send("GET", service.managementPort(), target).await();
    }

    /** The value of one line of the metrics; NaN when there is no such line. */
    public double metric(String nameAndTags) {
        Matcher line = Pattern.compile("^" + Pattern.quote(nameAndTags) + " (\\S+)$", Pattern.MULTILINE)
                .matcher(manage("/metrics").body());
        return line.find() ? Double.parseDouble(line.group(1)) : Double.NaN;
    }

    /** How many reads Redis has not answered. */
    public long redisFailures() {
        return Arrays.stream(Failure.values())
                .mapToLong(failure -> (long) metric("hotcold_hot_read_failures_total{failure=\"%s\"}"
                        .formatted(failure.name().toLowerCase(Locale.ROOT))))
                .sum();
    }

    @Override
    public void close() {
        http1.close();
        http2.close();
        service.close();
    }
}
