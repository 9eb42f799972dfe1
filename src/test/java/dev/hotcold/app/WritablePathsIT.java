package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The service needs no path that it can write to. Where its sockets' native libraries can therefore not be unpacked, or not be
 * loaded, it runs on java.nio and says so.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the native libraries are for Linux")
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class WritablePathsIT {

    /** Below a file no directory can be made, by root neither. */
    private static final String NOWHERE =
            Path.of("pom.xml", "tmp").toAbsolutePath().toString();

    private static final List<String> ON_NIO =
            List.of("-Djava.io.tmpdir=" + NOWHERE, "-Dio.netty.transport.noNative=true");

    private static final String SLOWER = "Sockets are slower than they could be, on java.nio";

    private static Path sockets;
    private static Servers servers;

    @TempDir
    private Path directory;

    @BeforeAll
    static void start() throws IOException {
        // Not below the project: the path of a socket may have 107 bytes.
        sockets = Files.createTempDirectory("pg");
        Files.setPosixFilePermissions(sockets, PosixFilePermissions.fromString("rwxrwxrwx"));
        servers = Servers.start("unix_socket_directories=" + sockets);
    }

    @AfterAll
    static void stop() throws IOException {
        servers.close();
        Files.delete(sockets);
    }

    @BeforeEach
    void addUser() {
        servers.reset();
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void temporaryDirectory_missing_runsOnNioAndSaysWhy() {
        try (Program program = Program.start(unpackedTo(NOWHERE), environment(), "serve")) {
            assertServes(program);

            assertThat(program.err()).contains("on java.nio", SLOWER, NOWHERE);
        }
    }

    /** What the line says to do. */
    @Test
    void temporaryDirectory_missing_withADirectoryForTheLibraries_runsOnTheUsualTransport() {
        try (Program program = Program.start(unpackedTo(directory.toString()), environment(), "serve")) {
            assertServes(program);

            assertThat(program.err())
                    .contains("on " + SocketTransport.choose(true))
                    .doesNotContain("java.nio");
        }
    }

    /** Without a directory for temporary files, and with this one for the libraries, which would else be the other. */
    private static List<String> unpackedTo(String directory) {
        return List.of("-Djava.io.tmpdir=" + NOWHERE, "-Dio.netty.native.workdir=" + directory);
    }

    @Test
    void nio_postgresOverAUnixSocket_isRead() {
        Map<String, String> environment = environment();
        environment.put(
                "DATABASE_URL",
                "postgres://postgres@/postgres?sslmode=disable&host=" + sockets + "&port="
                        + servers.postgres().port());
        try (Program program = Program.start(ON_NIO, environment, "serve")) {
            assertServes(program);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"migrate", "verify", "config"})
    void commands_noTemporaryFiles_work(String command) {
        Program.Ended ended = Program.run(ON_NIO, environment(), command);

        assertThat(ended.exitCode()).as(ended.err()).isZero();
    }

    @Test
    void healthcheck_noTemporaryFiles_works() {
        try (Program program = Program.start(ON_NIO, environment(), "serve")) {
            program.awaitPort();
            Map<String, String> environment = environment();
            environment.put("MANAGEMENT_PORT", Integer.toString(managementPort(program)));

            Program.Ended ended = Program.run(ON_NIO, environment, "healthcheck");

            assertThat(ended.exitCode()).as(ended.err()).isZero();
        }
    }

    /** {@code {}} is what becomes the directory for temporary files. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "mount -t tmpfs -o noexec tmpfs {}",
                "mount -t tmpfs -o ro tmpfs {}",
                "mount -t tmpfs -o ro,noexec tmpfs {} && mount -o remount,bind,ro /",
            })
    void mounts_readOnlyOrNoexec_areNoObstacle(String mount) {
        // Mounting takes the rights of root; the tests above hold the same without them.
        assumeTrue(Program.canMount(), "mounting is not allowed here");
        try (Program program = Program.startInNamespace(
                mount.replace("{}", directory.toString()),
                List.of("-Djava.io.tmpdir=" + directory),
                environment(),
                "serve")) {
            assertServes(program);

            assertThat(program.err()).contains("on java.nio", SLOWER, directory.toString());
        }
    }

    /** The embedded servers' programs are executed: from the directory that is theirs, and from no other. */
    @Test
    void embeddedServers_noTemporaryFiles_run() {
        Map<String, String> environment = environment();
        environment.remove("DATABASE_URL");
        environment.remove("REDIS_ADDR");
        environment.put("LOCAL_DATA_DIR", directory.toString());
        try (Program program = Program.start(ON_NIO, environment, "serve", "--demo")) {
            assertServes(program);
            program.terminate();
            assertThat(program.awaitEnd().exitCode()).isZero();
        }
    }

    /** From PostgreSQL, then from Redis, over both versions of HTTP; and nothing is degraded. */
    private static void assertServes(Program program) {
        int port = program.awaitPort();
        try (Http http = Http.http1(1);
                Http http2 = Http.http2()) {
            assertThat(body(http, port, "/v1/users?user_id=alice")).contains("ok:postgres", "app://");
            await().untilAsserted(() ->
                    assertThat(body(http2, port, "/v1/users?user_id=alice")).contains("ok:redis", "app://"));
            await().untilAsserted(() ->
                    assertThat(body(http, managementPort(program), "/readyz")).contains("\"degraded\":{}"));
        }
        assertThat(program.err()).doesNotContain("Exception", "ERROR");
    }

    private static String body(Http http, int port, String target) {
        return http.send("GET", port, target).await().body();
    }

    private static int managementPort(Program program) {
        return Integer.parseInt(program.awaitOutput("localhost:(\\d+)/metrics").group(1));
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = servers.environment();
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        return environment;
    }
}
