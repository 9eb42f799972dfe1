package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.http.access.ApiKeys;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.FrontProxy;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Behind a shared cache with its defaults: it serves no user to a caller without a key, nor after a change. Only where the
 * cache is installed; {@link HttpCachingIT} holds every response to the rules that such caches follow, and always runs.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BehindCacheIT {

    /** A shared cache. */
    enum Cache {
        VARNISH("varnishd") {
            @Override
            FrontProxy start(Path directory, int servicePort) {
                return FrontProxy.varnish("varnish.vcl", directory, servicePort);
            }
        },
        NGINX("nginx") {
            @Override
            FrontProxy start(Path directory, int servicePort) {
                return FrontProxy.nginx("nginx-cache.conf", directory, servicePort);
            }
        };

        private final String program;

        Cache(String program) {
            this.program = program;
        }

        abstract FrontProxy start(Path directory, int servicePort);

        FrontProxy inFrontOf(TestService service, Path directory) {
            return start(directory, service.port());
        }
    }

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();

    @ParameterizedTest
    @EnumSource
    void user_gotWithAKey_isNotServedToACallerWithout(Cache cache) {
        servers.put("alice", "app://alice", "Hi");
        try (TestService service = start(cache, "API_KEYS_FILE", keys());
                FrontProxy proxy = cache.inFrontOf(service, directory)) {
            assertThat(get(proxy, "alice", "X-API-Key: the-key\r\n").body()).contains("app://alice");

            assertThat(get(proxy, "alice", "").status()).isEqualTo(401);
            assertThat(get(proxy, "alice", "X-API-Key: wrong\r\n").status()).isEqualTo(401);
            assertThat(get(proxy, "alice", "Authorization: Bearer the-key\r\n").status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void user_changed_isServedAsItIsNow(Cache cache) {
        servers.put("alice", "app://old", "Hi");
        try (TestService service = start(cache);
                FrontProxy proxy = cache.inFrontOf(service, directory)) {
            assertThat(get(proxy, "alice", "").body()).contains("app://old");

            change("alice", "app://new");

            assertThat(service.lookup("alice").body()).contains("app://new");
            assertThat(get(proxy, "alice", "").body()).contains("app://new");
        }
    }

    @ParameterizedTest
    @EnumSource
    void user_addedAfterA404_isServed(Cache cache) {
        // 404s are never kept, whatever users are.
        try (TestService service = start(cache, "HTTP_CACHE_SECONDS", "600");
                FrontProxy proxy = cache.inFrontOf(service, directory)) {
            assertThat(get(proxy, "newbie", "").status()).isEqualTo(404);

            servers.put("newbie", "app://newbie", "Hi");

            assertThat(service.lookup("newbie").status()).isEqualTo(200);
            assertThat(get(proxy, "newbie", "").status()).isEqualTo(200);
        }
    }

    /** So the setting does what it is for, and these caches do keep what they may. */
    @ParameterizedTest
    @EnumSource
    void user_thatMayBeKept_isServedFromTheCache(Cache cache) {
        servers.put("alice", "app://old", "Hi");
        try (TestService service = start(cache, "HTTP_CACHE_SECONDS", "600");
                FrontProxy proxy = cache.inFrontOf(service, directory)) {
            assertThat(get(proxy, "alice", "").body()).contains("app://old");

            change("alice", "app://new");

            assertThat(service.lookup("alice").body()).contains("app://new");
            assertThat(get(proxy, "alice", "").body()).contains("app://old");
        }
    }

    @ParameterizedTest
    @EnumSource
    void user_thatOnlyItsCallerMayKeep_isNotServedToACallerWithout(Cache cache) {
        servers.put("alice", "app://alice", "Hi");
        try (TestService service = start(cache, "API_KEYS_FILE", keys(), "HTTP_CACHE_SECONDS", "600");
                FrontProxy proxy = cache.inFrontOf(service, directory)) {
            assertThat(get(proxy, "alice", "X-API-Key: the-key\r\n").body()).contains("app://alice");

            assertThat(get(proxy, "alice", "").status()).isEqualTo(401);
        }
    }

    /** It ignores the Cache-Control of requests, but passes it on. */
    @Test
    void nginx_userAskedForWithNoCache_comesFromTheDatabase() {
        assertBypassed(Cache.NGINX, port -> Cache.NGINX.start(directory, port));
    }

    /** It would take the Cache-Control out of requests, if it were not told to pass them on: docs/operate/proxies.md. */
    @Test
    void varnishThatPasses_userAskedForWithNoCache_comesFromTheDatabase() {
        assertBypassed(Cache.VARNISH, port -> FrontProxy.varnish("varnish-bypass.vcl", directory, port));
    }

    private void assertBypassed(Cache cache, IntFunction<FrontProxy> start) {
        servers.put("alice", "app://1", "Hi");
        try (TestService service = start(cache, "CACHE_BYPASS", "on", "HTTP_CACHE_SECONDS", "600");
                FrontProxy proxy = start.apply(service.port())) {
            for (String deeplink : new String[] {"app://1", "app://2", "app://3"}) {
                servers.put("alice", deeplink, "Hi");

                assertThat(get(proxy, "alice", "Cache-Control: no-cache\r\n").body())
                        .contains(deeplink);
                get(proxy, "alice", "");
            }
        }
    }

    private TestService start(Cache cache, String... settings) {
        // A cache is no library of Maven; HttpCachingIT holds what it is told without one.
        assumeTrue(
                FrontProxy.isInstalled(cache.program),
                cache.program + " is not on PATH, so the service is not tried behind it");
        return TestService.start(servers, new String[] {"REQUEST_TIMEOUT_MS", "20000"}, settings);
    }

    /** As the change feed would. */
    private void change(String id, String deeplink) {
        await().until(() -> servers.redisCommands().exists("user:" + id) == 1);
        servers.put(id, deeplink, "Hi");
        servers.redisCommands().del("user:" + id);
    }

    private String keys() {
        return Authority.write(directory.resolve("keys"), ApiKeys.line("web", "the-key"))
                .toString();
    }

    private static Response get(FrontProxy proxy, String id, String headers) {
        try (RawClient client = RawClient.connect(proxy.port())) {
            return client.send("GET /v1/users?user_id=" + id + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n")
                    .readResponse();
        }
    }
}
