package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.Transcript;
import dev.hotcold.testkit.Transcript.End;
import dev.hotcold.testkit.Transcript.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever a client sends, the fast path and Vert.x answer the same: the same bytes go to the service on a new connection, on
 * one that has left the fast path, and in pieces. Besides, each response is framed, is HTTP/1.1, has a Date, and says so when
 * it is the last.
 *
 * <p>Kept inputs come first. {@code -Dfuzz.seconds=3600} searches longer, {@code -Dfuzz.seed=N} from another beginning; a
 * failure tells the bytes, which then belong in the file of kept inputs.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class HttpDifferenceIT {

    private static final Path KEPT = Path.of("src/test/resources/dev/hotcold/app/HttpDifferenceIT.requests");

    /** The third difference counts: before, one of the answers may just have been slow. */
    private static final List<Duration> PATIENCE =
            List.of(Duration.ofMillis(500), Duration.ofSeconds(3), Duration.ofSeconds(10));

    private static final String OTHER = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

    /** So that the server closes. Several, should the request in front of it have a body that is not there. */
    private static final String LAST =
            "GET /v1/users?user_id=last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".repeat(3);

    private static TestService service;
    private static LoggedWarnings warnings;

    @BeforeAll
    static void start() {
        Servers servers = Servers.shared();
        servers.put("alice", "app://alice", "Hi");
        servers.put("last", "app://last", "Bye");
        service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
        await().until(() -> service.lookup("alice").body().contains("ok:redis"));
        await().until(() -> service.lookup("last").body().contains("ok:redis"));
        warnings = LoggedWarnings.begin();
    }

    @AfterAll
    static void stop() {
        warnings.close();
        service.close();
        assertThat(warnings.lines()).isEmpty();
    }

    @Test
    void keptRequests_onEitherPath_areAnsweredTheSame() throws IOException {
        List<String> lines = Files.readAllLines(KEPT);
        OddRequests odd = new OddRequests(0);
        assertThat(lines).isNotEmpty();
        for (String line : lines) {
            if (!line.startsWith("#")) {
                assertSame(line.translateEscapes().getBytes(StandardCharsets.ISO_8859_1), odd);
            }
        }
    }

    @Test
    void madeUpRequests_onEitherPath_areAnsweredTheSame() {
        long seed = Long.getLong("fuzz.seed", 1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("fuzz.seconds", 10));
        OddRequests odd = new OddRequests(seed);
        int made = 0;
        for (; System.nanoTime() < end; made++) {
            assertSame(odd.next(), odd);
        }
        System.out.printf("%d made-up requests from seed %d%n", made, seed);
        assertThat(made).isPositive();
    }

    private static void assertSame(byte[] request, OddRequests odd) {
        List<byte[]> pieces = odd.split(concat("", request, LAST));
        List<String> differing = List.of();
        for (Duration patience : PATIENCE) {
            List<String> said = List.of(
                    said(List.of(concat("", request, LAST)), false, patience),
                    said(List.of(concat(OTHER, request, LAST)), true, patience),
                    said(pieces, false, patience));
            if (said.stream().distinct().count() == 1) {
                return;
            }
            differing = said;
        }
        assertThat(differing.stream().distinct().toList())
                .as("on the fast path, by Vert.x, in pieces; sent: %s", escaped(request))
                .hasSize(1);
    }

    /** @param behindOther whether {@link #OTHER} came first, whose response is left out */
    private static String said(List<byte[]> pieces, boolean behindOther, Duration patience) {
        Transcript transcript = Transcript.of(service.port(), pieces, patience);
        List<Reply> replies = transcript.replies();
        assertThat(transcript.end()).as("sent: %s", escaped(pieces.getFirst())).isNotEqualTo(End.RESET);
        if (transcript.end() == End.CLOSED) {
            assertThat(replies.getLast().saysClose())
                    .as("sent: %s", escaped(pieces.getFirst()))
                    .isTrue();
        }
        List<String> said = new ArrayList<>();
        for (Reply reply : behindOther && !replies.isEmpty() ? replies.subList(1, replies.size()) : replies) {
            assertThat(reply.header("date")).isNotEmpty();
            assertThat(reply.status()).isIn(200, 308, 400, 404, 405, 414, 417, 431, 501, 505);
            said.add(withoutTime(reply));
        }
        return said + " " + transcript.end();
    }

    /** Nor what depends on who asked first for a user that a change of a byte has made up, or on whether Redis was slow. */
    private static String withoutTime(Reply reply) {
        return reply.toString()
                .replaceFirst("date: [^,]*, [^,]*, ", "")
                .replaceFirst("date: [^,]*, [^,]*\\]", "]")
                .replaceFirst("cache-status: [^,]*", "")
                .replaceFirst("content-length: \\d+", "")
                .replaceFirst("\"message\":\"ok:[a-z]*\"", "")
                .replaceFirst("\"cache_hit\":(true|false)", "")
                .replaceFirst("\"timestamp\":\"[^\"]*\"", "");
    }

    private static byte[] concat(String first, byte[] second, String third) {
        return (first + new String(second, StandardCharsets.ISO_8859_1) + third).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** As the file of kept inputs has it. */
    private static String escaped(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte octet : bytes) {
            switch (octet) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                case '\\' -> text.append("\\\\");
                default -> {
                    if (octet >= ' ' && octet < 0x7F) {
                        text.append((char) octet);
                    } else {
                        text.append('\\').append("%03o".formatted(octet & 0xFF));
                    }
                }
            }
        }
        return text.toString();
    }
}
