package dev.hotcold.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What libraries log through the JDK. */
final class JdkLogTest {

    private static final String NAME = "org.library.of.the.jdk";

    @Test
    void line_ofAnyLevel_isHandedOnWithItsCause() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger logger = (Logger) LoggerFactory.getLogger(NAME);
        logger.setAdditive(false);
        logger.addAppender(lines);
        JdkLog.handToSlf4j();
        java.util.logging.Logger library = java.util.logging.Logger.getLogger(NAME);

        library.log(java.util.logging.Level.WARNING, "cannot read {0}", "it");
        library.log(java.util.logging.Level.SEVERE, "failed", new IllegalStateException("why"));

        assertThat(lines.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.WARN, Level.ERROR);
        assertThat(lines.list.getFirst().getFormattedMessage()).isEqualTo("cannot read it");
        assertThat(lines.list.getLast().getThrowableProxy().getMessage()).isEqualTo("why");
    }
}
