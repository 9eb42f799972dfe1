package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A rediss:// server whose certificate, for {@code localhost}, an authority of REDIS_TLS_CA_FILE has signed, or has not. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RedisTlsIT {

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();
    private final Authority authority = Authority.named("The authority");
    private FaultProxy redis;

    @BeforeEach
    void encrypt() {
        servers.put("alice", "app://alice", "Hi");
        redis = FaultProxy.tls(
                authority.trusting(authority.issue("localhost")),
                servers.redis().port());
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void authority_thatSigned_isTrusted() {
        try (TestService service = start("localhost", authority)) {
            await().until(() -> service.lookup("alice").header("Cache-Status").equals("redis; hit"));

            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
        }
    }

    @Test
    void authority_another_isRefusedAndTheSettingIsNamed() {
        assertRefuses(
                start("localhost", Authority.named("Another authority")),
                "the certificate of localhost is not trusted: name the file of its authority by REDIS_TLS_CA_FILE");
    }

    @Test
    void host_notInTheCertificate_isRefused() {
        assertRefuses(
                start("127.0.0.1", authority), "the certificate is not for 127.0.0.1: connect by a name that is in it");
    }

    @Test
    void certificate_expired_isRefused() {
        redis.close();
        redis = FaultProxy.tls(
                authority.trusting(authority.issue("localhost", Instant.now().minusSeconds(3600))),
                servers.redis().port());

        assertRefuses(start("localhost", authority), "the certificate of localhost has expired");
    }

    /** Also on the connection of the change feed, which is another one. */
    private static void assertRefuses(TestService starting, String why) {
        try (TestService service = starting) {
            Response response = service.lookup("alice");

            assertThat(response.header("Cache-Status")).isEqualTo("redis; fwd=miss; detail=unreachable");
            await().untilAsserted(() -> assertThat(service.manage("/readyz").body())
                    .containsPattern("\"redis\":\\[[^]]*" + why)
                    .containsPattern("\"changefeed\":\\[[^]]*" + why));
        }
    }

    private TestService start(String host, Authority trusted) {
        Map<String, String> environment = servers.environment();
        environment.put("REDIS_ADDR", "rediss://" + host + ":" + redis.port());
        environment.put("REDIS_DIAL_TIMEOUT_MS", "5000");
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        environment.put(
                "REDIS_TLS_CA_FILE",
                trusted.writeTo(directory.resolve("authority.pem")).toString());
        return TestService.start(environment);
    }
}
