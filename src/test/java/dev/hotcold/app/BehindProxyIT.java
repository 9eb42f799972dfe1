package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.FrontProxy;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Behind a proxy that shares connections to the service among its clients: whatever one client sends, every other gets the
 * answer to its own request. Only where the proxy is installed (on PATH); this test starts and stops its own.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class BehindProxyIT {

    private static final int USERS = 50;
    private static final int ODD_REQUESTS = 400;

    @TempDir
    private Path directory;

    @Test
    void haproxy_oddRequestsOfOneClient_disturbNoOther() {
        proxied("haproxy", port -> FrontProxy.haproxy("haproxy.cfg", directory, port));
    }

    @Test
    void nginx_oddRequestsOfOneClient_disturbNoOther() {
        proxied("nginx", port -> FrontProxy.nginx("nginx.conf", directory, port));
    }

    private static void proxied(String name, IntFunction<FrontProxy> start) {
        // A proxy is no library of Maven; HttpRulesIT and HttpDifferenceIT hold the same rules without one.
        assumeTrue(FrontProxy.isInstalled(name), name + " is not on PATH, so the service is not tried behind it");
        Servers servers = Servers.shared();
        for (int i = 0; i < USERS; i++) {
            servers.put("u" + i, "app://u" + i, "Hi");
        }
        try (TestService service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
                FrontProxy proxy = start.apply(service.port())) {
            disturb(proxy.port());
        }
    }

    private static void disturb(int port) {
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Integer>> others = List.of(others(port, stop, 0), others(port, stop, 1));
        try {
            OddRequests odd = new OddRequests(1);
            for (int i = 0; i < ODD_REQUESTS; i++) {
                assertThat(sent(port, odd.next())).doesNotContain("HTTP/1.1 101", "HTTP/1.1 502");
                lookup(port, "u" + i % USERS);
            }
        } finally {
            stop.set(true);
        }
        for (CompletableFuture<Integer> other : others) {
            assertThat(other.join()).isPositive();
        }
    }

    /** Looks users up, one after the other, each time on a new connection to the proxy. @return how many */
    private static CompletableFuture<Integer> others(int port, AtomicBoolean stop, int first) {
        return CompletableFuture.supplyAsync(
                () -> {
                    int asked = 0;
                    for (; !stop.get(); asked++) {
                        lookup(port, "u" + (first + 2 * asked) % USERS);
                    }
                    return asked;
                },
                Thread::startVirtualThread);
    }

    /** Looks a user up on a connection of its own to the proxy, whose connection to the service others have used. */
    private static void lookup(int port, String id) {
        try (RawClient client = RawClient.connect(port)) {
            Response response = client.lookup(id);
            assertThat(response.status()).as(id).isEqualTo(200);
            assertThat(response.body()).contains("\"app://" + id + "\"");
        }
    }

    /** What comes back for these bytes until the proxy closes or has said nothing for a while. */
    private static String sent(int port, byte[] request) {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(50);
            socket.getOutputStream().write(request);
            socket.getInputStream().transferTo(received);
        } catch (IOException e) {
            // Reset, or silent: what was said until then counts.
        }
        return received.toString(StandardCharsets.ISO_8859_1);
    }
}
