package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.FrontProxy;
import dev.hotcold.testkit.PrefixProxy;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The API page where a proxy serves the service under a path prefix: whatever a browser loads for it, and the lookup that it
 * sends, is found under that prefix. Addresses are resolved as browsers and Swagger UI do.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class UnderPrefixIT {

    private static final String PREFIX = "/users-api/";

    private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]*)\"");
    private static final Pattern DESCRIPTION = Pattern.compile("url: '([^']*)'");
    private static final Pattern SERVER = Pattern.compile("(?m)^servers:\n(?: *#.*\n)* *- url: (\\S+)$");

    @TempDir
    private Path directory;

    private final HttpClient browser =
            HttpClient.newBuilder().followRedirects(Redirect.NORMAL).build();
    private TestService service;

    @BeforeEach
    void start() {
        Servers servers = Servers.shared();
        servers.put("alice", "app://alice", "Hi");
        service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
    }

    @AfterEach
    void stop() {
        service.close();
        browser.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"swagger", "swagger/", "swagger/index.html"})
    void page_withoutPrefix_isWhole(String page) throws Exception {
        assertWhole(URI.create("http://127.0.0.1:" + service.port() + "/"), page);
    }

    @ParameterizedTest
    @ValueSource(strings = {"swagger", "swagger/", "swagger/index.html"})
    void page_underAPrefix_isWhole(String page) throws Exception {
        try (PrefixProxy proxy = PrefixProxy.start(PREFIX, service.port())) {
            assertWhole(URI.create("http://127.0.0.1:" + proxy.port() + PREFIX), page);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"swagger", "swagger/", "swagger/index.html"})
    void page_underAPrefixOfNginx_isWhole(String page) throws Exception {
        // nginx is no library of Maven; the test above runs everywhere, behind a proxy of its own.
        assumeTrue(FrontProxy.isInstalled("nginx"), "nginx is not on PATH, so the page is not tried behind it");
        try (FrontProxy proxy = FrontProxy.nginx("nginx-prefix.conf", directory, service.port())) {
            assertWhole(URI.create("http://127.0.0.1:" + proxy.port() + PREFIX), page);
        }
    }

    /** The description where tools look for it: they resolve the server's address as the page does. */
    @Test
    void description_eitherAddress_leadsToTheLookup() throws Exception {
        try (PrefixProxy proxy = PrefixProxy.start(PREFIX, service.port())) {
            URI root = URI.create("http://127.0.0.1:" + proxy.port() + PREFIX);
            for (String address : List.of("openapi.yaml", "swagger/swagger.yaml")) {
                URI description = root.resolve(address);
                assertThat(lookup(description, get(description).body())).isEqualTo(root.resolve("v1/users"));
            }
        }
    }

    private void assertWhole(URI root, String address) throws Exception {
        HttpResponse<String> page = get(root.resolve(address));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("id=\"swagger-ui\"");
        List<URI> loaded = new ArrayList<>();
        for (String link : all(LINK, page.body())) {
            loaded.add(page.uri().resolve(link));
        }
        URI description =
                page.uri().resolve(first(DESCRIPTION, get(script(loaded)).body()));
        loaded.add(description);
        assertThat(loaded).hasSizeGreaterThan(6).allSatisfy(each -> {
            assertThat(each.toString()).startsWith(root.toString());
            assertThat(get(each).statusCode()).as(each.toString()).isEqualTo(200);
        });
        URI lookup = lookup(description, get(description).body());
        assertThat(lookup).isEqualTo(root.resolve("v1/users"));
        assertThat(get(URI.create(lookup + "?user_id=alice")).body()).contains("app://alice");
    }

    private static URI script(List<URI> loaded) {
        return loaded.stream()
                .filter(each -> each.getPath().endsWith("initializer.js"))
                .findFirst()
                .orElseThrow();
    }

    /** The server of the description, relative to the description, and behind it the path. */
    private static URI lookup(URI description, String text) {
        String server = description.resolve(first(SERVER, text)).toString();
        return URI.create(server.replaceFirst("/$", "") + "/v1/users");
    }

    private HttpResponse<String> get(URI address) throws IOException, InterruptedException {
        return browser.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
    }

    private static String first(Pattern pattern, String text) {
        return all(pattern, text).getFirst();
    }

    private static List<String> all(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        List<String> found = new ArrayList<>();
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }
}
