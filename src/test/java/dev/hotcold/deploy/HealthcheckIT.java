package dev.hotcold.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.DeadPort;
import dev.hotcold.testkit.FrontProxy;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The image's health check, compiled here as in the Dockerfile: healthy is what lives and takes connections. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the image is for Linux")
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class HealthcheckIT {

    @TempDir
    private static Path directory;

    private static Path check;
    private static @Nullable Program service;

    @BeforeAll
    static void compileAndStart() throws Exception {
        // A build needs no C compiler but for the image.
        assumeTrue(FrontProxy.isInstalled("cc"), "cc is not on PATH, so there is no health check to try");
        check = directory.resolve("healthcheck");
        Ended compiled = run(
                Map.of("PATH", System.getenv("PATH")),
                "cc",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                check.toString(),
                Path.of("deploy", "image", "healthcheck.c").toString());
        assertThat(compiled.exitCode()).as(compiled.err()).isZero();
        service = Program.start(Servers.shared().environment(), "serve");
    }

    @AfterAll
    static void stop() {
        // None where the tests were not begun.
        Optional.ofNullable(service).ifPresent(Program::close);
    }

    private record Ended(int exitCode, String err) {}

    private static Ended run(Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), err);
    }

    private static Ended check(String host, int managementPort, int publicPort)
            throws IOException, InterruptedException {
        return run(
                Map.of(
                        "MANAGEMENT_HOST",
                        host,
                        "MANAGEMENT_PORT",
                        Integer.toString(managementPort),
                        "PORT",
                        Integer.toString(publicPort)),
                check.toString());
    }

    private static Program service() {
        return Objects.requireNonNull(service);
    }

    private static int managementPort(Program program) {
        return Integer.parseInt(program.awaitOutput("localhost:(\\d+)/metrics").group(1));
    }

    /** As the service reads MANAGEMENT_HOST. */
    @ParameterizedTest
    @ValueSource(strings = {"", "127.0.0.1", "0.0.0.0", "::", "[::]", "localhost"})
    void service_alive_isHealthyWhateverTheAddressIsCalled(String host) throws Exception {
        Ended ended = check(host, managementPort(service()), service().awaitPort());

        assertThat(ended).isEqualTo(new Ended(0, ""));
    }

    /** The check has no certificate, and a connection that ends without a handshake is nothing to complain about. */
    @Test
    void service_httpsWithClientCertificates_isHealthyAndSaysNothing() throws Exception {
        Authority authority = Authority.named("The authority");
        X509Bundle certificate = authority.issue("localhost");
        Map<String, String> environment = Servers.shared().environment();
        environment.put(
                "TLS_CERT_FILE",
                Authority.write(directory.resolve("chain.pem"), certificate.getCertificatePathPEM())
                        .toString());
        environment.put(
                "TLS_KEY_FILE",
                Authority.write(directory.resolve("key.pem"), certificate.getPrivateKeyPEM())
                        .toString());
        environment.put(
                "TLS_CLIENT_CA_FILE",
                authority.writeTo(directory.resolve("clients.pem")).toString());
        try (Program program = Program.start(environment, "serve")) {
            int port = program.awaitPort();
            String before = program.err();

            Ended ended = check("", managementPort(program), port);

            assertThat(ended).isEqualTo(new Ended(0, ""));
            program.terminate();
            assertThat(program.awaitEnd().err().substring(before.length()))
                    .doesNotContain("WARN", "ERROR", "Exception");
        }
    }

    /** As while the service starts. */
    @Test
    void publicPort_closed_isNotHealthy() throws Exception {
        int closed;
        try (ServerSocket free = new ServerSocket(0)) {
            closed = free.getLocalPort();
        }

        Ended ended = check("", managementPort(service()), closed);

        assertThat(ended).isEqualTo(new Ended(1, "127.0.0.1 port " + closed + ": no connection\n"));
    }

    /** Docker would kill the check later, and nothing would say why. */
    @Test
    void managementPort_thatDropsPackets_isGivenUp() throws Exception {
        try (DeadPort port = DeadPort.any()) {
            assertThat(check("", port.port(), service().awaitPort()))
                    .isEqualTo(new Ended(1, "127.0.0.1 port " + port.port() + ": no connection\n"));
        }
    }

    /** Redis answers, and not as a service does. */
    @Test
    void managementPort_ofAnotherServer_isNotHealthy() throws Exception {
        int port = Servers.shared().redis().port();

        Ended ended = check("127.0.0.1", port, service().awaitPort());

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).startsWith("127.0.0.1 port " + port + ": ");
    }

    @Test
    void managementPort_thatNeverAnswers_isGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(check("", silent.getLocalPort(), service().awaitPort()))
                    .isEqualTo(new Ended(1, "127.0.0.1 port " + silent.getLocalPort() + ": no answer\n"));
        }
    }

    @Test
    void managementHost_unknown_isNotHealthy() throws Exception {
        assertThat(check("nowhere.invalid", 9090, service().awaitPort()).exitCode())
                .isEqualTo(1);
    }
}
