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

    @Test
    void degraded_sameErrorInOtherWords_isSaidOnceAndTheReasonStays() {
        one.degraded("replied with an error: refused a, 17 (P0001)");
        one.degraded("replied with an error: refused b, at noon (P0001)");
        two.degraded("replied with an error: MOVED 3999 10.0.0.1:6379");
        two.degraded("replied with an error: MOVED 7 10.0.0.2:6380");
        other.degraded("cannot connect to db:5432: reset by 10.0.0.1:50001");
        other.degraded("cannot connect to db:5432: reset by 10.0.0.1:50002");

        assertThat(lines.list).hasSize(3);
        assertThat(one.reason()).hasValue("replied with an error: refused a, 17 (P0001)");
    }

    @Test
    void degraded_sameErrorInVeryLongWords_isSaidOnce() {
        one.degraded("replied with an error: " + "x ".repeat(250) + "(P0001)");
        one.degraded("replied with an error: " + "y ".repeat(250) + "(P0001)");

        assertThat(lines.list).hasSize(1);
    }

    @Test
    void degraded_anotherError_isSaid() {
        one.degraded("replied with an error: OOM command not allowed");
        one.degraded("replied with an error: READONLY You can't write against a read only replica.");
        one.degraded("replied with an error: ERR unknown command");
        one.degraded("replied with an error: ERR max number of clients reached");
        one.degraded("replied with an error: too many (53300)");
        one.degraded("replied with an error: too many (53400)");

        assertThat(lines.list).hasSize(6);
    }

    @Test
    void shortened_wordAtTheEnd_isLeftOutWhole() {
        String words = "x".repeat(490) + " ";

        assertThat(StoreHealth.shortened(words + "RecognisableUser-7")).isEqualTo("x".repeat(490) + "…");
    }

    private String said() {
        return String.join(
                "\n",
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    }
}
