package dev.hotcold.log;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/** Hands to SLF4J what is logged through the JDK, as PostgreSQL's JDBC driver does; so it is subject to the same rules. */
public final class JdkLog extends Handler {

    private final SimpleFormatter formatter = new SimpleFormatter();

    private JdkLog() {}

    /** From now on the JDK's own handlers print nothing. */
    public static void handToSlf4j() {
        LogManager.getLogManager().reset();
        LogManager.getLogManager().getLogger("").addHandler(new JdkLog());
    }

    @Override
    public void publish(LogRecord line) {
        String logger = line.getLoggerName() == null ? "jdk" : line.getLoggerName();
        LoggerFactory.getLogger(logger)
                .atLevel(level(line.getLevel()))
                .setCause(line.getThrown())
                .log(formatter.formatMessage(line));
    }

    private static org.slf4j.event.Level level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return org.slf4j.event.Level.ERROR;
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return org.slf4j.event.Level.WARN;
        }
        return level.intValue() >= Level.INFO.intValue() ? org.slf4j.event.Level.INFO : org.slf4j.event.Level.DEBUG;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
