package dev.hotcold.testkit;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.LoggerFactory;

/** Counts the lines of the log. Thread-safe. */
public final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    private final AtomicInteger lines = new AtomicInteger();

    private LogLines() {}

    /** Begins to count. */
    public static LogLines watch() {
        LogLines lines = new LogLines();
        lines.setContext(lines.root.getLoggerContext());
        lines.start();
        lines.root.addAppender(lines);
        return lines;
    }

    /** How many lines there have been. */
    public int count() {
        return lines.get();
    }

    @Override
    protected void append(ILoggingEvent event) {
        lines.incrementAndGet();
    }

    @Override
    public void close() {
        root.detachAppender(this);
        stop();
    }
}
