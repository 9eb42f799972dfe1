package dev.hotcold.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.util.List;
import org.slf4j.Marker;

/**
 * Which lines of the log say the same. What varies from line to line is no part of it, so that nobody outside can make ever new
 * kinds.
 *
 * @param subject what the line is about: the component whose state it tells, if it has a marker; else it is the kind
 * @param kind the text as the sources have it, with the beginnings of what our own lines fill in: those are words of ours, such
 *     as the name of a store or a reason, up to the first colon, quote or digit
 */
record LineKind(String subject, String kind) {

    private static final String OURS = "dev.hotcold.";
    private static final int MAX_HEAD = 60;

    static LineKind of(ILoggingEvent line) {
        StringBuilder kind = new StringBuilder(128)
                .append(line.getLoggerName())
                .append(' ')
                .append(line.getLevel())
                .append(' ');
        String template = String.valueOf(line.getMessage());
        boolean isOurs = line.getLoggerName().startsWith(OURS);
        // Libraries also put texts together themselves.
        kind.append(isOurs || template.contains("{}") ? template : head(template));
        Object[] arguments = line.getArgumentArray();
        if (isOurs && arguments != null) {
            for (Object argument : arguments) {
                if (argument instanceof String text) {
                    kind.append('|').append(head(text));
                }
            }
        }
        IThrowableProxy thrown = line.getThrowableProxy();
        if (thrown != null) {
            kind.append('|').append(thrown.getClassName());
        }
        List<Marker> markers = line.getMarkerList();
        String subject = markers == null || markers.isEmpty()
                ? kind.toString()
                : line.getLoggerName() + " " + markers.getFirst().getName();
        return new LineKind(subject, kind.toString());
    }

    private static String head(String text) {
        int end = 0;
        while (end < text.length() && end < MAX_HEAD && !ends(text.charAt(end))) {
            end++;
        }
        return text.substring(0, end);
    }

    private static boolean ends(char c) {
        return c == ':' || c == '"' || c == '\'' || c == '/' || (c >= '0' && c <= '9');
    }
}
