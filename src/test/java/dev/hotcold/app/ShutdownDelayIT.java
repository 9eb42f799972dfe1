package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** SHUTDOWN_DELAY_SEC: what goes on between SIGTERM and the drain, and what does without. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ShutdownDelayIT {

    /** Longer than any test takes: what ends sooner has not waited. */
    private static final String FOR_LONG = "300";

    private final Servers servers = Servers.shared();

    @BeforeEach
    void addUser() {
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void sigterm_servesOnButIsNotReady_untilAnotherSigterm() {
        try (Program program = Program.start(environment());
                Http http = Http.http1(1)) {
            int port = program.awaitPort();
            int management = management(program);
            try (RawClient connected = RawClient.connect(port)) {
                assertThat(connected.lookup("alice").status()).isEqualTo(200);

                program.terminate();

                for (int any : new int[] {port, management}) {
                    await().until(() -> {
                        Response ready = get(http, any, "/readyz");
                        return ready.status() == 503 && ready.body().contains("\"draining\"");
                    });
                    assertThat(get(http, any, "/healthz").status()).isEqualTo(200);
                }
                assertServes(connected);
                try (RawClient later = RawClient.connect(port)) {
                    assertServes(later);
                }
                assertFeedRuns(http, management, port);
                assertThat(program.isAlive()).isTrue();
            }

            program.terminate();

            assertThat(program.awaitEnd().exitCode()).isZero();
        }
    }

    /** With SIGTERM, not with the end: then changes are followed without a pause. */
    @Test
    void sigtermOfTheFeedsOwner_anotherInstanceGoesOnWhileItServes() {
        try (Program owner = Program.start(environment());
                Http http = Http.http1(1)) {
            owner.awaitPort();
            int ownersManagement = management(owner);
            await().until(() -> hasRole("owner", http, ownersManagement));
            try (Program standby = Program.start(environment())) {
                int port = standby.awaitPort();
                int management = management(standby);
                await().until(() -> hasRole("standby", http, management));

                owner.terminate();

                await().until(() -> hasRole("owner", http, management));
                assertThat(hasRole("none", http, ownersManagement)).isTrue();
                assertThat(owner.isAlive()).isTrue();
                servers.put("alice", "app://alice", "changed by then");
                await().until(() ->
                        get(http, port, "/v1/users?user_id=alice").body().contains("changed by then"));
            }
        }
    }

    private static int management(Program program) {
        return Integer.parseInt(program.awaitOutput("localhost:(\\d+)/metrics").group(1));
    }

    private static boolean hasRole(String role, Http http, int management) {
        return get(http, management, "/metrics").body().contains("hotcold_changefeed_role{role=\"" + role + "\"} 1.0");
    }

    /** As ever: a client that keeps its connection may go on to use it. */
    private static void assertServes(RawClient client) {
        Response response = client.lookup("alice");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Connection")).isEmpty();
    }

    /** What is served meanwhile has to be up to date, so the slot is kept until the last lookup is answered. */
    private void assertFeedRuns(Http http, int management, int port) {
        servers.put("alice", "app://alice", "changed while it ends");
        await().until(() -> get(http, port, "/v1/users?user_id=alice").body().contains("changed while it ends"));
        assertThat(hasRole("owner", http, management)).isTrue();
    }

    @Test
    void interrupt_endsAtOnce() {
        try (Program program = Program.startAtTerminal(environment())) {
            program.awaitPort();

            program.interrupt();

            assertThat(program.awaitEnd().exitCode()).isZero();
        }
    }

    private static Response get(Http http, int port, String target) {
        return http.send("GET", port, target).await();
    }

    private Map<String, String> environment() {
        Map<String, String> environment = servers.environment();
        environment.put("SHUTDOWN_DELAY_SEC", FOR_LONG);
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        return environment;
    }
}
