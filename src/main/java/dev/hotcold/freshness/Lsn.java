package dev.hotcold.freshness;

/**
 * A log sequence number: a position in PostgreSQL's write-ahead log.
 *
 * @param value bytes from the log's beginning, unsigned
 */
public record Lsn(long value) implements Comparable<Lsn> {

    /** Reads what {@link #toString} wrote, which is also how PostgreSQL writes a position. */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("not a position in a log: " + text);
        }
        long high = Long.parseLong(text.substring(0, slash), 16);
        return new Lsn(high << 32 | Long.parseLong(text.substring(slash + 1), 16));
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    /** Two numbers in base 16: {@code 16/B374D848}. */
    @Override
    public String toString() {
        return "%X/%X".formatted(value >>> 32, value & 0xFFFF_FFFFL);
    }
}
