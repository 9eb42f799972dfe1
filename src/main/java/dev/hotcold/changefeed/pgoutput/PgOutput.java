package dev.hotcold.changefeed.pgoutput;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

// Long: every message of one format, which belong together.
/**
 * Decodes the messages of PostgreSQL's plug-in {@code pgoutput}, protocol version 1: committed transactions, one after the
 * other, each between a {@link Message.Begin} and a {@link Message.Commit}.
 *
 * <p>Confined to: the thread of its feed. Fails with {@link IllegalArgumentException} on bytes that are no such message.
 *
 * @see <a href="https://www.postgresql.org/docs/17/protocol-logicalrep-message-formats.html">Message formats</a>
 */
public final class PgOutput {

    /** A column's value that the server did not send, because the change left it as it was and it is stored apart. */
    public static final Object UNCHANGED = new Object() {
        @Override
        public String toString() {
            return "unchanged";
        }
    };

    /** A column's value that is no UTF-8, in a database that does not check it. */
    public static final Object UNREADABLE = new Object() {
        @Override
        public String toString() {
            return "unreadable";
        }
    };

    /**
     * A table, as of the rows that follow.
     *
     * @param oid its identity, unsigned
     * @param columns their names, in the order of a row's values
     * @param keys those that name an old row, by the table's replica identity at that place of the log
     */
    public record Table(int oid, String schema, String name, List<String> columns, Set<String> keys) {}

    /**
     * A row or its key.
     *
     * @param values for each of its columns a String, null, {@link #UNCHANGED}, or {@link #UNREADABLE}
     */
    public record Row(Table table, List<@Nullable Object> values) {

        /** The value of a column; null where it is null or the table has no such column. */
        public @Nullable Object get(String column) {
            int index = table.columns().indexOf(column);
            return index < 0 ? null : values.get(index);
        }
    }

    /** One message. */
    public sealed interface Message {

        /**
         * A transaction begins.
         *
         * @param commitPosition where its commit is in the log
         * @param committedAt microseconds since 2000-01-01 UTC, by the server's clock
         * @param transaction its number, unsigned
         */
        record Begin(long commitPosition, long committedAt, int transaction) implements Message {}

        /**
         * It ends.
         *
         * @param endPosition where the log goes on behind it
         */
        record Commit(long endPosition) implements Message {}

        /** A row is inserted. */
        record Insert(Row row) implements Message {}

        /**
         * A row is updated.
         *
         * @param before its old key or whole old row; null = the key is the same
         */
        record Update(@Nullable Row before, Row after) implements Message {}

        /**
         * A row is deleted.
         *
         * @param before its key or the whole row
         */
        record Delete(Row before) implements Message {}

        /** Tables were truncated. */
        record Truncate(List<Table> tables) implements Message {}

        /** A table is described, before its first rows and again when something about it may have changed. */
        record Described(Table table) implements Message {}

        /** Nothing that concerns rows. */
        enum Other implements Message {
            OTHER
        }
    }

    /** Of a column that is described: part of the replica identity. */
    private static final int KEY = 1;

    /** What stands for malformed bytes in a String, and may also have been there. */
    private static final char REPLACEMENT = '\uFFFD';

    /** Of the descriptions of tables that are kept: some hundred thousand tables, and one is published. */
    private static final int MOST_DESCRIBED_BYTES = 1 << 24;

    private final Map<Integer, Table> tables = new HashMap<>();
    private long describedBytes;

    /**
     * Decodes one message.
     *
     * @param in the message and nothing else, in an array
     */
    public Message decode(ByteBuffer in) {
        try {
            Message message = message(in);
            if (in.hasRemaining()) {
                throw new IllegalArgumentException("a message that goes on for " + in.remaining() + " bytes");
            }
            return message;
        } catch (BufferUnderflowException cutShort) {
            throw new IllegalArgumentException("the message is cut short", cutShort);
        }
    }

    private Message message(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case 'B' -> begin(in);
            case 'C' -> commit(in);
            case 'R' -> relation(in);
            case 'I' -> new Message.Insert(row(table(in), expectNew(in)));
            case 'U' -> update(table(in), in);
            case 'D' -> delete(table(in), in);
            case 'T' -> truncate(in);
            case 'O', 'Y', 'M' -> ignored(in);
            default -> throw new IllegalArgumentException("unknown message " + (char) kind);
        };
    }

    private static Message ignored(ByteBuffer in) {
        in.position(in.limit());
        return Message.Other.OTHER;
    }

    private static Message begin(ByteBuffer in) {
        long position = in.getLong();
        long committedAt = in.getLong();
        return new Message.Begin(position, committedAt, in.getInt());
    }

    private static Message commit(ByteBuffer in) {
        in.get();
        in.getLong();
        long endPosition = in.getLong();
        in.getLong();
        return new Message.Commit(endPosition);
    }

    private Message relation(ByteBuffer in) {
        int begin = in.position();
        int id = in.getInt();
        String schema = cString(in);
        String name = cString(in);
        in.get();
        int count = count(in);
        List<String> columns = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < count; i++) {
            boolean isKey = (in.get() & KEY) != 0;
            columns.add(cString(in));
            if (isKey) {
                keys.add(columns.getLast());
            }
            in.getInt();
            in.getInt();
        }
        Table described = new Table(id, schema, name, List.copyOf(columns), Set.copyOf(keys));
        if (!described.equals(tables.get(id))) {
            describedBytes += in.position() - begin;
            if (describedBytes > MOST_DESCRIBED_BYTES) {
                throw new IllegalArgumentException("more tables than can be kept");
            }
            tables.put(id, described);
        }
        return new Message.Described(described);
    }

    private static Message update(Table table, ByteBuffer in) {
        byte kind = in.get();
        Row before = null;
        if (kind == 'K' || kind == 'O') {
            before = row(table, in);
            kind = in.get();
        }
        if (kind != 'N') {
            throw new IllegalArgumentException("an update without its new row");
        }
        return new Message.Update(before, row(table, in));
    }

    private static Message delete(Table table, ByteBuffer in) {
        byte kind = in.get();
        if (kind != 'K' && kind != 'O') {
            throw new IllegalArgumentException("a deletion without its old row");
        }
        return new Message.Delete(row(table, in));
    }

    private Message truncate(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0) {
            throw new IllegalArgumentException("a truncation of " + count + " tables");
        }
        in.get();
        List<Table> truncated = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            truncated.add(table(in));
        }
        return new Message.Truncate(truncated);
    }

    private Table table(ByteBuffer in) {
        int id = in.getInt();
        Table table = tables.get(id);
        if (table == null) {
            throw new IllegalArgumentException("a row of table " + id + ", which was not described");
        }
        return table;
    }

    private static ByteBuffer expectNew(ByteBuffer in) {
        if (in.get() != 'N') {
            throw new IllegalArgumentException("an insertion without its row");
        }
        return in;
    }

    private static Row row(Table table, ByteBuffer in) {
        int count = count(in);
        // A row that lacks its user_id would otherwise pass for one that concerns no user.
        if (count != table.columns().size()) {
            throw new IllegalArgumentException(
                    "a row of " + count + " values for " + table.columns().size() + " columns");
        }
        List<@Nullable Object> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            byte kind = in.get();
            values.add(
                    switch (kind) {
                        case 'n' -> null;
                        case 'u' -> UNCHANGED;
                        case 't' -> text(in);
                        default -> throw new IllegalArgumentException("unknown kind of value " + (char) kind);
                    });
        }
        return new Row(table, values);
    }

    private static int count(ByteBuffer in) {
        return Short.toUnsignedInt(in.getShort());
    }

    private static Object text(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("a value of " + length + " bytes where " + in.remaining() + " are left");
        }
        int begin = in.arrayOffset() + in.position();
        in.position(in.position() + length);
        String text = new String(in.array(), begin, length, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) >= 0 && !isUtf8(in.array(), begin, length) ? UNREADABLE : text;
    }

    private static boolean isUtf8(byte[] bytes, int begin, int length) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, begin, length));
            return true;
        } catch (CharacterCodingException malformed) {
            return false;
        }
    }

    private static String cString(ByteBuffer in) {
        int start = in.position();
        while (in.get() != 0) {
            // On to the end.
        }
        int length = in.position() - 1 - start;
        return new String(in.array(), in.arrayOffset() + start, length, StandardCharsets.UTF_8);
    }
}
