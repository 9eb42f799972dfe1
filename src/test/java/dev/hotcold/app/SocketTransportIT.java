package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What IO_URING makes of a process: Lettuce takes one transport for the whole of it, so each case has its own. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "io_uring and /proc are of Linux")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SocketTransportIT {

    private static final String RING = "anon_inode:[io_uring]";
    private static final String EPOLL = "anon_inode:[eventpoll]";

    private final Servers servers = Servers.shared();

    @BeforeEach
    void addUser() {
        servers.put("someone", "app://someone", "Hello");
    }

    @Test
    void ioUring_off_lookupsGoThroughEpoll() throws IOException {
        assertThat(startedWith("off")).contains(EPOLL).doesNotContain(RING);
    }

    @Test
    void ioUring_auto_lookupsGoThroughItWherePossible() throws IOException {
        assertThat(startedWith("auto")).contains(SocketTransport.choose(true).isIoUring() ? RING : EPOLL);
    }

    /** What the files of the process are, once it has read from both stores. */
    private Set<String> startedWith(String setting) throws IOException {
        Map<String, String> environment = servers.environment();
        environment.putAll(Map.of("PORT", "0", "MANAGEMENT_PORT", "0", "CHANGE_FEED", "off", "IO_URING", setting));
        try (Program program = Program.start(environment);
                Http http = Http.http1(1)) {
            int port = program.awaitPort();
            // One connection and so one loop, on which the second lookup follows the fill of the first.
            for (String layer : List.of("ok:postgres", "ok:redis")) {
                assertThat(http.send("GET", port, "/v1/users?user_id=someone")
                                .await()
                                .body())
                        .contains(layer);
            }
            return filesOf(program.pid());
        }
    }

    private static Set<String> filesOf(long pid) throws IOException {
        Set<String> files = new HashSet<>();
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : open.toList()) {
                try {
                    files.add(Files.readSymbolicLink(file).toString());
                } catch (NoSuchFileException closed) {
                    // Since it was listed.
                }
            }
        }
        return files;
    }
}
