package dev.hotcold.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/** The log as the service's own configuration writes it, whoever logs. */
final class LimitedAppenderTest {

    private static final String START = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z (?:INFO |WARN |ERROR) ";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stderr = System.err;
    private final LoggerContext context = new LoggerContext();

    @BeforeEach
    void configure() throws JoranException {
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        JoranConfigurator configurator = new JoranConfigurator();
        context.setMDCAdapter(new LogbackMDCAdapter());
        configurator.setContext(context);
        URL configuration = getClass().getResource("/logback.xml");
        configurator.doConfigure(configuration);
    }

    @AfterEach
    void restore() {
        context.stop();
        System.setErr(stderr);
    }

    @Test
    void message_lineEnds_forgeNoLine() {
        context.getLogger("org.library")
                .warn("said: {}", "x\n2026-01-01T00:00:00.000Z INFO  Service - all is well\u001b[2K");

        assertThat(lines()).singleElement().asString().matches(START + "library - said: x\\\\n2026-.*\\\\u001b\\[2K");
    }

    @Test
    void stackTrace_messagesOfAllThrowables_forgeNoLine() {
        Exception suppressed = new Exception("three\r\nforged");
        Exception cause = new IllegalStateException("two\u2028forged");
        cause.addSuppressed(suppressed);

        context.getLogger("org.library").error("failed", new RuntimeException("one\nforged", cause));

        assertThat(lines())
                .hasSizeGreaterThan(4)
                .allSatisfy(
                        line -> assertThat(line)
                                .matches(
                                        START
                                                + "library - failed|[a-zA-Z.]+: one\\\\nforged|Caused by: .*two\\\\u2028forged"
                                                + "|\\tSuppressed: .*three\\\\r\\\\nforged|\\t+at .*|\\t+\\.\\.\\. \\d+ common frames omitted"));
    }

    @Test
    void kind_repeated_isShownOnceAndCountedAtTheEnd() {
        Logger log = context.getLogger("org.library");
        for (int i = 0; i < 1000; i++) {
            log.warn("connection {} failed", i);
        }
        assertThat(lines()).hasSize(1);

        context.stop();

        assertThat(lines())
                .hasSize(2)
                .last()
                .asString()
                .endsWith("connection 999 failed (999 more in the last minute)");
    }

    @Test
    void kind_textThatALibraryPutsTogether_isTheSameWhateverVaries() {
        Logger log = context.getLogger("org.library");
        for (int i = 0; i < 1000; i++) {
            log.warn("connection " + i + " failed: " + Integer.toHexString(i * 7919));
        }

        assertThat(lines()).hasSize(1);
    }

    @Test
    void kind_otherComponentOrReason_isShownToo() {
        Logger log = context.getLogger("dev.hotcold.loop.StoreHealth");
        for (int i = 0; i < 10; i++) {
            log.warn("{} is degraded: {}", "Redis", "cannot connect to host: " + i);
            log.warn("{} is degraded: {}", "PostgreSQL", "cannot connect to host: " + i);
            log.warn("{} is degraded: {}", "Redis", "no reply in time");
        }

        assertThat(lines()).hasSize(3);
    }

    @Test
    void subject_whoseStateChangesOften_endsWithItsLastState() {
        Logger log = context.getLogger("dev.hotcold.loop.StoreHealth");
        Marker redis = MarkerFactory.getDetachedMarker("Redis");
        for (int i = 0; i < 100; i++) {
            log.warn(redis, "{} is degraded: {}", "Redis", "no reply in time");
            log.info(redis, "{} has recovered", "Redis");
        }
        log.warn(redis, "{} is degraded: {}", "Redis", "no reply in time");

        context.stop();

        assertThat(lines())
                .hasSize(3)
                .last()
                .asString()
                .contains("WARN  StoreHealth - Redis is degraded: no reply in time (199 more in the last minute)");
    }

    @Test
    void debug_repeated_isNotLimited() {
        Logger log = context.getLogger("org.library");
        log.setLevel(Level.DEBUG);
        for (int i = 0; i < 10; i++) {
            log.debug("step {}", i);
        }

        assertThat(lines()).hasSize(10);
    }

    private List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
