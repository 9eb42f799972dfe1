package dev.hotcold.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.spi.AppenderAttachable;
import ch.qos.logback.core.spi.AppenderAttachableImpl;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Logback's appender in front of another: hands on one line of a kind a minute and tells how many more there were
 * ({@link RepeatLimit}), whoever logs them. Lines below INFO are handed on unlimited. Thread-safe.
 */
public final class LimitedAppender extends UnsynchronizedAppenderBase<ILoggingEvent>
        implements AppenderAttachable<ILoggingEvent> {

    private final AppenderAttachableImpl<ILoggingEvent> target = new AppenderAttachableImpl<>();
    private final RepeatLimit limit = new RepeatLimit();
    private @Nullable ScheduledExecutorService timer;

    @Override
    public void start() {
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("log").daemon().factory());
        var _ = timer.scheduleWithFixedDelay(this::showDue, 1, 1, TimeUnit.SECONDS);
        super.start();
    }

    /** Shows what is still held back. */
    @Override
    public void stop() {
        if (timer != null) {
            timer.shutdownNow();
        }
        synchronized (limit) {
            show(limit.all(System.nanoTime()));
        }
        super.stop();
        target.detachAndStopAllAppenders();
    }

    @Override
    protected void append(ILoggingEvent line) {
        if (!line.getLevel().isGreaterOrEqual(Level.INFO)) {
            target.appendLoopOnAppenders(line);
            return;
        }
        LineKind kind = LineKind.of(line);
        synchronized (limit) { // so that lines are shown in the order in which they were counted
            OptionalInt held = limit.offer(kind, line, System.nanoTime());
            if (held.isPresent()) {
                target.appendLoopOnAppenders(held.getAsInt() == 0 ? line : counted(line, held.getAsInt()));
            }
        }
    }

    private void showDue() {
        try {
            synchronized (limit) {
                show(limit.due(System.nanoTime()));
            }
        } catch (RuntimeException e) { // it would silently end the periodic task
            addError("Held lines could not be shown", e);
        }
    }

    private void show(List<RepeatLimit.Held> lines) {
        for (RepeatLimit.Held held : lines) {
            target.appendLoopOnAppenders(counted(held.last(), held.count()));
        }
    }

    /** The same line, with its own time, which says how many others it stands for. */
    private static ILoggingEvent counted(ILoggingEvent line, int more) {
        LoggingEvent counted = new LoggingEvent();
        counted.setInstant(line.getInstant());
        counted.setLevel(line.getLevel());
        counted.setLoggerName(line.getLoggerName());
        counted.setThreadName(line.getThreadName());
        counted.setMessage(line.getFormattedMessage() + " (" + more + " more in the last minute)");
        counted.setMDCPropertyMap(line.getMDCPropertyMap());
        if (line.getThrowableProxy() instanceof ThrowableProxy thrown) {
            counted.setThrowableProxy(thrown);
        }
        return counted;
    }

    @Override
    public void addAppender(Appender<ILoggingEvent> appender) {
        target.addAppender(appender);
    }

    @Override
    public Iterator<Appender<ILoggingEvent>> iteratorForAppenders() {
        return target.iteratorForAppenders();
    }

    @Override
    public @Nullable Appender<ILoggingEvent> getAppender(String name) {
        return target.getAppender(name);
    }

    @Override
    public boolean isAttached(Appender<ILoggingEvent> appender) {
        return target.isAttached(appender);
    }

    @Override
    public void detachAndStopAllAppenders() {
        target.detachAndStopAllAppenders();
    }

    @Override
    public boolean detachAppender(Appender<ILoggingEvent> appender) {
        return target.detachAppender(appender);
    }

    @Override
    public boolean detachAppender(String name) {
        return target.detachAppender(name);
    }
}
