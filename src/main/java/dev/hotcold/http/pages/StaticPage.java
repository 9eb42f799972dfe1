package dev.hotcold.http.pages;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.response.Problems;
import dev.hotcold.http.response.SecurityHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;

/**
 * A file of the class path that is served. Immutable and shared by all event loops.
 *
 * @param path of the request
 * @param contentType media type
 * @param etag strong entity tag, quotes included, made from the content
 * @param content the bytes in direct memory, which every connection sends from; never written to
 */
record StaticPage(String path, String contentType, String etag, ByteBuf content) {

    /** What is handed to a connection at once: the next piece goes when its client has taken this one. */
    private static final int PIECE = 16 << 10;

    private static final String HTML = "text/html; charset=utf-8";
    private static final String CSS = "text/css; charset=utf-8";
    private static final String JAVASCRIPT = "text/javascript; charset=utf-8";
    private static final String PNG = "image/png";
    private static final String YAML = "application/yaml";

    /** How the description names its server: by a reference that is relative to its own address. */
    private static final String SERVER = "\n  - url: ./\n";

    private static final String SERVER_ONE_LEVEL_UP = "\n  - url: ../\n";

    /** Hexadecimal digits of the content's SHA-256 in an entity tag. */
    private static final int ETAG_DIGITS = 32;

    private static final class Loaded {
        static final List<StaticPage> PAGES = load();
    }

    /** All pages. The first call reads them, a few megabytes; the others return the same list. */
    static List<StaticPage> all() {
        return Loaded.PAGES;
    }

    /** Answers GET and HEAD; 304 when the client has this version. */
    void send(RoutingContext context) {
        UnreadResponses unread = UnreadResponses.of(context.request());
        if (unread.turn().isFarBehind() || !unread.hasRoomFor(PIECE, context.request())) {
            unread.refuse();
            Problems.tooMuchUnread(context.request());
            return;
        }
        unread.answered(context.request(), PIECE);
        HttpServerResponse response = SecurityHeaders.add(context.request(), SecurityHeaders.FOR_PAGES)
                // Cached, but revalidated each time: a new release must not meet an old page.
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader(HttpHeaders.ETAG, etag);
        if (context.isFresh()) {
            response.setStatusCode(304).end();
            return;
        }
        int length = content.readableBytes();
        response.putHeader(HttpHeaders.CONTENT_TYPE, contentType)
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(length));
        if (HttpMethod.HEAD.equals(context.request().method())) {
            response.end();
        } else {
            sendFrom(0, response, unread.turn());
        }
    }

    private void sendFrom(int start, HttpServerResponse response, TurnBudget turn) {
        turn.run(() -> {
            // Before it spends: those of a client that has gone cost the others nothing.
            if (!response.closed()) {
                sendPiece(start, response, turn);
            }
        });
    }

    private void sendPiece(int start, HttpServerResponse response, TurnBudget turn) {
        int length = Math.min(PIECE, content.readableBytes() - start);
        int end = start + length;
        turn.spend(length);
        Buffer piece = BufferInternal.buffer(content.slice(start, length));
        if (end == content.readableBytes()) {
            response.end(piece);
        } else {
            // It fails when the client has gone.
            response.write(piece).onSuccess(taken -> sendFrom(end, response, turn));
        }
    }

    private static List<StaticPage> load() {
        String webjar = webjar();
        return List.of(
                read("/openapi.yaml", YAML, "openapi.yaml"),
                page("/swagger/swagger.yaml", YAML, oneLevelDown(bytes("openapi.yaml"))),
                read("/swagger/", HTML, "swagger/index.html"),
                read("/swagger/index.html", HTML, "swagger/index.html"),
                read("/swagger/page.css", CSS, "swagger/page.css"),
                read("/swagger/swagger-initializer.js", JAVASCRIPT, "swagger/swagger-initializer.js"),
                read("/swagger/swagger-ui.css", CSS, webjar + "swagger-ui.css"),
                read("/swagger/swagger-ui-bundle.js", JAVASCRIPT, webjar + "swagger-ui-bundle.js"),
                read("/swagger/favicon-32x32.png", PNG, webjar + "favicon-32x32.png"));
    }

    /** The directory of the Swagger UI on the class path; its name contains the version, which the webjar's metadata states. */
    private static String webjar() {
        Properties about = new Properties();
        try (InputStream in = open("META-INF/maven/org.webjars/swagger-ui/pom.properties")) {
            about.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "META-INF/resources/webjars/swagger-ui/" + about.getProperty("version") + "/";
    }

    /** The description as it is found in a subdirectory: the address of the server is relative to its own. */
    private static byte[] oneLevelDown(byte[] description) {
        String text = new String(description, StandardCharsets.UTF_8);
        int at = text.indexOf(SERVER);
        if (at < 0) {
            throw new IllegalStateException("openapi.yaml does not name its server as it should: " + SERVER);
        }
        return (text.substring(0, at) + SERVER_ONE_LEVEL_UP + text.substring(at + SERVER.length()))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static StaticPage read(String path, String contentType, String resource) {
        return page(path, contentType, bytes(resource));
    }

    private static StaticPage page(String path, String contentType, byte[] content) {
        return new StaticPage(
                path,
                contentType,
                etag(content),
                Unpooled.directBuffer(content.length).writeBytes(content));
    }

    private static byte[] bytes(String resource) {
        try (InputStream in = open(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = StaticPage.class.getClassLoader().getResourceAsStream(resource);
        if (in == null) {
            throw new IOException("not on the class path: " + resource);
        }
        return in;
    }

    private static String etag(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return '"' + HexFormat.of().formatHex(digest).substring(0, ETAG_DIGITS) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
