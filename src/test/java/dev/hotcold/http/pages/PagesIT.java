package dev.hotcold.http.pages;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.budget.UnreadBudget;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.response.Problems;
import dev.hotcold.loop.NettyLoop;
import io.netty.channel.Channel;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages over HTTP. */
final class PagesIT {

    private static final Pattern HTML_LINK = Pattern.compile("(?:href|src|action|content)=\"([^\"]*)\"");
    private static final Pattern CSS_LINK = Pattern.compile("(?:url\\(|@import)\\s*['\"]?([^'\")]{0,40})");

    private static final Vertx VERTX = Vertx.vertx();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final OpenApiDocument API = OpenApiDocument.parse(OpenApiDocument.text());

    private static int port;

    @BeforeAll
    static void start() {
        Router router = Router.router(VERTX);
        router.get("/fails").handler(context -> {
            throw new IllegalStateException("for the test");
        });
        router.get("/malformed/:status")
                .handler(context -> Problems.malformedRequest(
                        context.request(), Integer.parseInt(requireNonNull(context.pathParam("status")))));
        router.get("/keyless").handler(context -> Problems.unauthorized(context.request(), false));
        Pages.mount(router);
        HttpServer server =
                VERTX.createHttpServer().connectionHandler(PagesIT::account).requestHandler(router);
        server.listen(0, "127.0.0.1").await();
        port = server.actualPort();
    }

    /** As the service does for each connection. */
    private static void account(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        NettyLoop loop = new NettyLoop(channel.eventLoop());
        UnreadResponses.install(channel, new UnreadBudget(loop, 1 << 20, () -> {}), new TurnBudget(loop));
    }

    @AfterAll
    static void stop() {
        CLIENT.close();
        VERTX.close().await();
    }

    @ParameterizedTest
    @CsvSource({
        "/openapi.yaml, application/yaml",
        "/swagger/swagger.yaml, application/yaml",
        "/swagger/, text/html; charset=utf-8",
        "/swagger/index.html, text/html; charset=utf-8",
        "/swagger/page.css, text/css; charset=utf-8",
        "/swagger/swagger-initializer.js, text/javascript; charset=utf-8",
        "/swagger/swagger-ui.css, text/css; charset=utf-8",
        "/swagger/swagger-ui-bundle.js, text/javascript; charset=utf-8",
        "/swagger/favicon-32x32.png, image/png",
    })
    void get_eachPage_isSentWithItsTypeAndKeptToThisOrigin(String path, String contentType) throws Exception {
        HttpResponse<String> response = send("GET", path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isNotEmpty();
        assertThat(header(response, "Content-Type")).isEqualTo(contentType);
        assertThat(header(response, "Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; connect-src 'self';");
        assertKeptToThisOrigin(response);
        assertThat(header(response, "Cache-Control")).isEqualTo("no-cache");

        HttpResponse<String> head = send("HEAD", path);

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers()).isEqualTo(response.headers());
    }

    @Test
    void pages_all_areTested() {
        assertThat(StaticPage.all()).hasSize(9);
    }

    @Test
    void get_contentThatTheClientHolds_isNotSentAgain() throws Exception {
        String etag = header(send("GET", "/swagger/"), "ETag");

        HttpResponse<String> same = send("GET", "/swagger/", "If-None-Match", etag);
        HttpResponse<String> other = send("GET", "/swagger/", "If-None-Match", "\"other\"");

        assertThat(same.statusCode()).isEqualTo(304);
        assertThat(same.body()).isEmpty();
        assertThat(header(same, "ETag")).isEqualTo(etag).matches("\"[0-9a-f]{32}\"");
        assertThat(other.statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD"})
    void swagger_withoutSlash_redirectsToThePage(String method) throws Exception {
        HttpResponse<String> response = send(method, "/swagger");

        assertThat(response.statusCode()).isEqualTo(308);
        assertThat(header(response, "Location")).isEqualTo("swagger/");
    }

    @Test
    void description_bothAddresses_isTheDocumentWithTheServerRelativeToIt() throws Exception {
        String server =
                "servers:\n  # Relative to the address of this document, so that it holds under a path prefix too.\n";
        String description = send("GET", "/openapi.yaml").body();

        assertThat(description).isEqualTo(OpenApiDocument.text()).containsOnlyOnce(server + "  - url: ./\n");
        assertThat(send("GET", "/swagger/swagger.yaml").body())
                .isEqualTo(description.replace(server + "  - url: ./\n", server + "  - url: ../\n"));
    }

    @Test
    void page_everyAddressInIt_isOfThisServerAndThere() throws Exception {
        String html = send("GET", "/swagger/").body();
        String initializer = send("GET", "/swagger/swagger-initializer.js").body();
        List<String> links = links(HTML_LINK, html);
        links.removeIf(content -> content.startsWith("width="));

        assertThat(html + initializer).doesNotContain("//cdn").doesNotContain("://");
        assertThat(initializer).contains("url: 'swagger.yaml'").contains("validatorUrl: null");
        assertThat(links).hasSizeGreaterThan(4);
        for (String link : links) {
            assertThat(link).doesNotStartWith("/");
            String path = URI.create("/swagger/").resolve(link).getPath();
            assertThat(send("GET", path).statusCode()).as(path).isEqualTo(200);
        }
    }

    @Test
    void page_scriptsInIt_areFilesOnly() throws Exception {
        assertThat(send("GET", "/swagger/").body())
                .containsPattern("<script src=")
                .doesNotContainPattern("<script(?! src=)")
                .doesNotContainPattern("(?i)\\son[a-z]+=|javascript:|<style");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/swagger/swagger-ui.css", "/swagger/page.css"})
    void stylesheet_everyAddressInIt_isData(String path) throws Exception {
        assertThat(links(CSS_LINK, send("GET", path).body())).allMatch(link -> link.startsWith("data:"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/nowhere",
                "/v1/users/",
                "/swagger/swagger-ui.js",
                "/swagger/oauth2-redirect.html",
                "/swagger/swagger-ui-bundle.js.map",
                "/swagger/..%2Flogback.xml",
                "/swagger/%2e%2e/logback.xml",
                "/logback.xml",
                "/Swagger/",
            })
    void get_whatIsNotThere_isAProblem(String path) throws Exception {
        HttpResponse<String> response = send("GET", path);

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(response.body())
                .isEqualTo(OpenApiDocument.json(((List<?>) requireNonNull(
                                API.at("components", "schemas", "Problem").get("examples")))
                        .getFirst()));
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void head_whatIsNotThere_isAProblemWithoutABody(Version version) throws Exception {
        HttpResponse<String> response = CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/nowhere"))
                        .version(version)
                        .HEAD()
                        .build(),
                BodyHandlers.ofString());

        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"POST, /openapi.yaml", "PUT, /swagger", "DELETE, /swagger/", "OPTIONS, /swagger/swagger-ui.css"})
    void otherMethod_pageThatIsThere_isRefusedWithTheMethodsThereAre(String method, String path) throws Exception {
        HttpResponse<String> response = send(method, path);

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().allValues("Allow")).containsExactly("GET, HEAD");
        assertProblem(response, "MethodNotAllowed");
    }

    @Test
    void otherMethod_pageThatIsNotThere_isUnknown() throws Exception {
        assertThat(send("POST", "/nowhere").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "/malformed/400, 400, MalformedRequest",
        "/keyless, 401, Unauthorized",
        "/malformed/414, 414, UriTooLong",
        "/malformed/431, 431, HeadersTooLarge",
        "/fails, 500, InternalError"
    })
    void problem_eachDocumented_isWhatIsSent(String path, int status, String example) throws Exception {
        HttpResponse<String> response = send("GET", path);

        assertThat(response.statusCode()).isEqualTo(status);
        assertProblem(response, example);
    }

    private static void assertProblem(HttpResponse<String> response, String example) {
        assertKeptToThisOrigin(response);
        assertThat(header(response, "Content-Security-Policy")).isEqualTo("default-src 'none'; frame-ancestors 'none'");
        Map<?, ?> documented = API.at("components", "examples", example);

        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(response.body()).isEqualTo(OpenApiDocument.json(requireNonNull(documented.get("value"))));
        assertThat(new JsonObject(response.body()).getInteger("status")).isEqualTo(response.statusCode());
    }

    private static void assertKeptToThisOrigin(HttpResponse<String> response) {
        assertThat(header(response, "Content-Security-Policy")).contains("frame-ancestors 'none'");
        assertThat(header(response, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(header(response, "X-Frame-Options")).isEqualTo("DENY");
        assertThat(header(response, "Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(header(response, "Strict-Transport-Security")).isEmpty();
    }

    private static List<String> links(Pattern pattern, String text) {
        List<String> links = new ArrayList<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            links.add(matcher.group(1));
        }
        return links;
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    private static HttpResponse<String> send(String method, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }
}
