package dev.hotcold.app.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A file of users as comma-separated values (RFC 4180) on its way to PostgreSQL's COPY. Its first line is a header that names the
 * columns. A line that COPY would take for the end of the data is refused: what follows it would be lost.
 *
 * <p>Confined to: one thread, which it blocks.
 */
final class CsvUsers extends FilterInputStream {

    static final List<String> COLUMNS = List.of("user_id", "deeplink", "promo_message");

    private static final int LONGEST_HEADER = 1024;
    private static final String MARK = Character.toString(0xFEFF);

    /** A line that cannot be loaded. */
    static final class BadLineException extends IOException {

        private static final long serialVersionUID = 1;

        private final long line;

        BadLineException(long line, String why) {
            super(why);
            this.line = line;
        }

        /** From 1, the header's. */
        long line() {
            return line;
        }
    }

    private final List<String> columns;

    /** Whether the next byte stands between quotes. A quote within quotes is written twice, which changes nothing. */
    private boolean isQuoted;

    /** How many bytes of a line {@code \.} have been seen; -1 = it is another line. */
    private int endMark;

    private long line = 1;

    private CsvUsers(InputStream in, List<String> columns) {
        super(in);
        this.columns = columns;
    }

    /**
     * Reads the header.
     *
     * @throws BadLineException when it names other columns
     */
    static CsvUsers of(InputStream file) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int next = file.read(); next >= 0 && next != '\n'; next = file.read()) {
            bytes.write(next);
            if (bytes.size() > LONGEST_HEADER) {
                throw new BadLineException(1, "no header: it must name " + String.join(",", COLUMNS));
            }
        }
        String header = bytes.toString(StandardCharsets.UTF_8);
        String line = header.startsWith(MARK) ? header.substring(1) : header;
        String text = line.replaceFirst("\r$", "");
        List<String> columns = Stream.of(text.split(",", -1))
                .map(name -> name.replaceFirst("^\"(.*)\"$", "$1"))
                .toList();
        Set<String> named = new HashSet<>(columns);
        if (columns.size() != COLUMNS.size() || !named.equals(Set.copyOf(COLUMNS))) {
            throw new BadLineException(
                    1, "the header must name " + String.join(",", COLUMNS) + " in any order; it is " + text);
        }
        // COPY gets the header too: so it counts lines as the file has them, and knows how they end.
        InputStream first = new ByteArrayInputStream((line + "\n").getBytes(StandardCharsets.UTF_8));
        return new CsvUsers(new SequenceInputStream(first, file), columns);
    }

    /** In the order of the file. */
    List<String> columns() {
        return columns;
    }

    @Override
    public int read() throws IOException {
        int next = super.read();
        look(next);
        return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        for (int i = offset; i < offset + read; i++) {
            look(bytes[i]);
        }
        if (read < 0) {
            look(-1);
        }
        return read;
    }

    private void look(int next) throws BadLineException {
        boolean endsLine = next == '\n' || next == '\r' || next < 0;
        if (endsLine && endMark == 2 && !isQuoted) {
            throw new BadLineException(line, "is \\. alone, and has no three values");
        }
        if (next == '"') {
            isQuoted = !isQuoted;
        }
        if (endsLine) {
            endMark = isQuoted ? -1 : 0;
            line += next == '\n' ? 1 : 0;
        } else if (endMark >= 0) {
            endMark = next == (endMark == 0 ? '\\' : '.') && endMark < 2 ? endMark + 1 : -1;
        }
    }
}
