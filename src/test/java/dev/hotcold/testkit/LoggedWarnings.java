package dev.hotcold.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What this process has logged as a warning or an error, by any thread, since it was begun. Thread-safe. */
public final class LoggedWarnings extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    private LoggedWarnings() {}

    /** Begins. */
    public static LoggedWarnings begin() {
        LoggedWarnings warnings = new LoggedWarnings();
        warnings.start();
        warnings.root.addAppender(warnings);
        return warnings;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
            lines.add(event.getLoggerName() + ": " + event.getFormattedMessage());
        }
    }

    /** The lines, those about the state of the stores left out. */
    public List<String> lines() {
        return lines.stream().filter(line -> !line.contains("StoreHealth")).toList();
    }

    @Override
    public void close() {
        root.detachAppender(this);
        stop();
    }
}
