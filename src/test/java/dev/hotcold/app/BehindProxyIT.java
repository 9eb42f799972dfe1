package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
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
        proxied("haproxy", "haproxy.cfg", "-db", "-f");
    }

    @Test
    void nginx_oddRequestsOfOneClient_disturbNoOther() {
        proxied("nginx", "nginx.conf", "-p", directory.toString(), "-c");
    }

    private void proxied(String name, String configuration, String... arguments) {
        Path program = find(name);
        // The proxies are no libraries that a build could bring: where one is not installed, there is nothing to try.
        assumeTrue(program != null, name + " is not on PATH, so the service is not tried behind it");
        Servers servers = Servers.shared();
        for (int i = 0; i < USERS; i++) {
            servers.put("u" + i, "app://u" + i, "Hi");
        }
        try (TestService service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000")) {
            int port = freePort();
            Process proxy = start(program, configured(configuration, port, service.port()), arguments);
            try {
                await().until(() -> isListening(port));
                disturb(port);
            } finally {
                proxy.destroy();
            }
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

    private static @Nullable Path find(String program) {
        for (String directory : (System.getenv("PATH") + ":/usr/sbin").split(File.pathSeparator, -1)) {
            Path file = Path.of(directory, program);
            if (Files.isExecutable(file)) {
                return file;
            }
        }
        return null;
    }

    private Path configured(String resource, int frontPort, int servicePort) {
        try (var in = BehindProxyIT.class.getResourceAsStream(resource)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("FRONT_PORT", Integer.toString(frontPort))
                    .replace("SERVICE_PORT", Integer.toString(servicePort))
                    .replace("DIRECTORY", directory.toString());
            return Files.writeString(directory.resolve(resource), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start(Path program, Path configuration, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        command.add(configuration.toString());
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
