package dev.hotcold.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What two event loops say of one store. */
final class StoreHealthTest {

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(StoreHealth.class);
    private final StoreHealth one = new StoreHealth("A store");
    private final StoreHealth two = new StoreHealth("A store");
    private final StoreHealth other = new StoreHealth("Another store");

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
    }

    @Test
    void recovered_oneOfTwoLoops_isNotSaidBeforeTheOther() {
        other.degraded("down");
        one.degraded("down");
        two.degraded("down");
        one.recovered();
        assertThat(said()).endsWith("A store is degraded: down");

        two.recovered();

        assertThat(said()).endsWith("A store has recovered");
        other.recovered();
        assertThat(said()).endsWith("Another store has recovered");
    }

    @Test
    void degraded_longReason_isShortened() {
        one.degraded("x".repeat(10_000_000));

        assertThat(one.reason()).hasValue("x".repeat(500) + "…");
    }

    @Test
    void degraded_sameReason_isSaidOnce() {
        one.degraded("down");
        one.degraded("down");
        one.degraded("full");
        one.recovered();
        one.recovered();

        assertThat(said()).isEqualTo("A store is degraded: down\nA store is degraded: full\nA store has recovered");
    }

    private String said() {
        return String.join(
                "\n",
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    }
}
