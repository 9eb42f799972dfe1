package dev.hotcold.changefeed.pgoutput;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Messages of {@code pgoutput} as the server writes them. What {@link PgOutput} does not keep can be chosen freely. */
public final class PgOutputMessages {

    private interface Body {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private PgOutputMessages() {}

    public static byte[] begin(Message.Begin begin) {
        return message('B', out -> {
            out.writeLong(begin.commitPosition());
            out.writeLong(begin.committedAt());
            out.writeInt(begin.transaction());
        });
    }

    public static byte[] commit(int flags, long position, Message.Commit commit, long committedAt) {
        return message('C', out -> {
            out.writeByte(flags);
            out.writeLong(position);
            out.writeLong(commit.endPosition());
            out.writeLong(committedAt);
        });
    }

    public static byte[] relation(int id, Table table) {
        return message('R', out -> {
            out.writeInt(id);
            writeName(out, table.schema());
            writeName(out, table.name());
            out.writeByte('d');
            out.writeShort(table.columns().size());
            for (String column : table.columns()) {
                out.writeByte(table.keys().contains(column) ? 1 : 0);
                writeName(out, column);
                out.writeInt(25);
                out.writeInt(-1);
            }
        });
    }

    public static byte[] insert(int id, Row row) {
        return message('I', out -> {
            out.writeInt(id);
            writeRow(out, 'N', row);
        });
    }

    /**
     * An update.
     *
     * @param kind K = {@code before} is the old key, O = it is the whole old row
     */
    public static byte[] update(int id, int kind, @Nullable Row before, Row after) {
        return message('U', out -> {
            out.writeInt(id);
            if (before != null) {
                writeRow(out, kind, before);
            }
            writeRow(out, 'N', after);
        });
    }

    /**
     * A deletion.
     *
     * @param kind K = {@code before} is the old key, O = it is the whole old row
     */
    public static byte[] delete(int id, int kind, Row before) {
        return message('D', out -> {
            out.writeInt(id);
            writeRow(out, kind, before);
        });
    }

    public static byte[] truncate(int options, int... ids) {
        return message('T', out -> {
            out.writeInt(ids.length);
            out.writeByte(options);
            for (int id : ids) {
                out.writeInt(id);
            }
        });
    }

    /** A message as the driver hands it over: amid other bytes of the same array, which are none of its business. */
    public static ByteBuffer amidOthers(byte[] message) {
        byte[] array = new byte[message.length + 24];
        Arrays.fill(array, (byte) 'n');
        System.arraycopy(message, 0, array, 11, message.length);
        return ByteBuffer.wrap(array, 11, message.length).slice();
    }

    private static byte[] message(char kind, Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(kind);
            body.writeTo(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static void writeRow(DataOutputStream out, int kind, Row row) throws IOException {
        out.writeByte(kind);
        out.writeShort(row.values().size());
        for (Object value : row.values()) {
            if (value == null) {
                out.writeByte('n');
            } else if (value == PgOutput.UNCHANGED) {
                out.writeByte('u');
            } else {
                byte[] text = value.toString().getBytes(StandardCharsets.UTF_8);
                out.writeByte('t');
                out.writeInt(text.length);
                out.write(text);
            }
        }
    }

    private static void writeName(DataOutputStream out, String name) throws IOException {
        out.write(name.getBytes(StandardCharsets.UTF_8));
        out.writeByte(0);
    }
}
