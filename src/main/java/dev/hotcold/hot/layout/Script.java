package dev.hotcold.hot.layout;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script that runs inside Redis, atomically. It is called by its digest; a Redis that does not know it, after a
 * restart say, replies so, and is then sent the whole text.
 */
public final class Script {

    /** Asks for leases. */
    public static final Script LEASE = load("lease.lua");

    /** Seizes leases. */
    public static final Script SEIZE = load("seize.lua");

    /** Fills under leases, and ends them. */
    public static final Script FILL = load("fill.lua");

    /** Removes users that do not exist, and notes it under leases. */
    public static final Script ABSENT = load("absent.lua");

    /** Removes users, and ends their leases. */
    public static final Script REMOVE = load("remove.lua");

    /** Makes a change feed the one whose changes are applied. */
    public static final Script TAKE_OVER = load("takeover.lua");

    /** Notes which log a change feed follows. */
    public static final Script CONTINUE = load("continue.lua");

    /** Notes who is to own the change feed next. */
    public static final Script NEXT = load("next.lua");

    /** Counts a beat of the change feed. */
    public static final Script BEAT = load("beat.lua");

    /** Claims the cache for a deployment. */
    public static final Script CLAIM = load("claim.lua");

    /** Applies changes of the database. */
    public static final Script APPLY = load("apply.lua");

    /** How a script is called. */
    public enum Call {
        BY_DIGEST(CommandType.EVALSHA),
        IN_FULL(CommandType.EVAL);

        private final CommandType command;

        Call(CommandType command) {
            this.command = command;
        }

        public ProtocolKeyword command() {
            return command;
        }
    }

    private final byte[] text;
    private final byte[] digest;

    private Script(byte[] text) {
        this.text = text;
        this.digest = digestOf(text);
    }

    /** The beginning of a call's arguments; keys and then values follow. */
    public CommandArgs<byte[], byte[]> arguments(Call call, int keys) {
        return new CommandArgs<>(ByteArrayCodec.INSTANCE)
                .add(call == Call.BY_DIGEST ? digest : text)
                .add(keys);
    }

    public byte[] text() {
        return text;
    }

    public String digest() {
        return new String(digest, StandardCharsets.US_ASCII);
    }

    /** Whether a reply means that Redis does not know the digest. */
    public static boolean isUnknown(CommandOutput<?, ?, ?> reply) {
        return reply.hasError() && reply.getError().startsWith("NOSCRIPT");
    }

    private static Script load(String name) {
        try (InputStream in = Script.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing");
            }
            return new Script(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] digestOf(byte[] text) {
        try {
            byte[] sha1 = MessageDigest.getInstance("SHA-1").digest(text);
            return HexFormat.of().formatHex(sha1).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }
}
