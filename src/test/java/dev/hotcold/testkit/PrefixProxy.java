package dev.hotcold.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import java.util.Set;

/** A reverse proxy that serves what a service does under a path prefix, and changes nothing in its responses. */
public final class PrefixProxy implements AutoCloseable {

    /** Of the connection, not of the response; what the length of a body is, the server says itself. */
    private static final Set<String> NOT_PASSED_ON =
            Set.of("connection", "content-length", "transfer-encoding", "date");

    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String prefix;
    private final int servicePort;

    private PrefixProxy(HttpServer server, String prefix, int servicePort) {
        this.server = server;
        this.prefix = prefix;
        this.servicePort = servicePort;
    }

    /**
     * Starts it on a free port of the loopback address.
     *
     * @param prefix with a slash at either end, under which the service's root is
     */
    public static PrefixProxy start(String prefix, int servicePort) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            PrefixProxy proxy = new PrefixProxy(server, prefix, servicePort);
            server.createContext(prefix, proxy::passOn);
            server.start();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private void passOn(HttpExchange exchange) throws IOException {
        String target = exchange.getRequestURI().toString().substring(prefix.length() - 1);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + servicePort + target))
                .method(exchange.getRequestMethod(), BodyPublishers.noBody())
                .build();
        try (exchange) {
            HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
            response.headers().map().forEach((name, values) -> {
                if (!NOT_PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            byte[] body = response.body();
            exchange.sendResponseHeaders(response.statusCode(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
