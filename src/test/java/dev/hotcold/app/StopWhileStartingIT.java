package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** SIGTERM at any moment of a start is a stop like any other: exit code 0, no complaint, and nothing is left over. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class StopWhileStartingIT {

    private static final int MOMENTS = 8;

    /** What the program prints once it has read its settings: before that it has nothing to stop. */
    private static final String BEGUN = "PostgreSQL: ";

    @TempDir
    private Path directory;

    @Test
    void sigterm_atAnyMoment_isExitCodeZero() throws Exception {
        Map<String, String> environment = Servers.shared().environment();

        stopAtManyMoments(moment -> environment);
    }

    @Test
    void sigterm_atAnyMoment_embeddedServersBeingStarted_leavesNoneBehind() throws Exception {
        stopAtManyMoments(moment -> {
            Map<String, String> environment = new HashMap<>();
            // A new one each time, so that the programs are unpacked and the database is created.
            environment.put(
                    "LOCAL_DATA_DIR", directory.resolve("moment" + moment).toString());
            environment.put("PORT", "0");
            environment.put("MANAGEMENT_PORT", "0");
            return environment;
        });

        await().untilAsserted(() -> assertThat(processesNaming(directory)).isEmpty());
    }

    /** The moments are spread over what the first start takes, and a little beyond. */
    private static void stopAtManyMoments(Environments environments) throws InterruptedException {
        Duration whole;
        try (Program program = Program.start(environments.of(0))) {
            program.awaitOutput(BEGUN);
            long begunAt = System.nanoTime();
            program.awaitPort();
            whole = Duration.ofNanos(System.nanoTime() - begunAt);
            assertStops(program, "once it is up");
        }
        for (int moment = 1; moment <= MOMENTS; moment++) {
            Duration delay = whole.multipliedBy(moment - 1).dividedBy(MOMENTS - 2);
            try (Program program = Program.start(environments.of(moment))) {
                program.awaitOutput(BEGUN);
                // The moment is what is tried; there is nothing to wait for.
                Thread.sleep(delay);
                assertStops(program, delay + " after its first line");
            }
        }
    }

    private static void assertStops(Program program, String when) {
        program.terminate();
        Program.Ended ended = program.awaitEnd();
        assertThat(ended.exitCode()).as("%s: %s", when, ended.err()).isZero();
        assertThat(ended.err()).as(when).doesNotContain("error: ", "ERROR", "Exception");
    }

    @Test
    void sigterm_whileItWaitsForPostgres_endsAtOnce() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Map<String, String> environment = Servers.shared().environment();
            environment.put("CHANGE_FEED", "on");
            environment.put(
                    "DATABASE_URL", "postgres://app@127.0.0.1:" + silent.getLocalPort() + "/users?connect_timeout=60");
            try (Program program = Program.start(environment);
                    Socket waiting = silent.accept()) {
                assertThat(waiting.isConnected()).isTrue();

                assertStops(program, "waiting for PostgreSQL");
            }
        }
    }

    @Test
    void sigterm_twice_isExitCodeZero() {
        try (Program program = Program.start(Servers.shared().environment())) {
            program.awaitOutput(BEGUN);
            program.terminate();

            assertStops(program, "for the second time");
        }
    }

    private static List<String> processesNaming(Path directory) {
        return ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(line -> line.contains(directory.toString()))
                .toList();
    }

    /** The environment for the start of that number. */
    @FunctionalInterface
    private interface Environments {
        Map<String, String> of(int moment);
    }
}
