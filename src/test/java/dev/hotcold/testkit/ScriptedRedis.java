package dev.hotcold.testkit;

import dev.hotcold.hot.connection.RedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A connection to a Redis that the test plays: it sees what is sent, and replies when and what the test says. */
public final class ScriptedRedis implements RedisConnection {

    private final Deque<RedisCommand<byte[], byte[], ?>> unanswered = new ArrayDeque<>();
    private @Nullable Events events;
    private @Nullable RuntimeException unsendable;
    private boolean open;
    private Optional<String> version = Optional.of("7.2.4");
    private final List<String> departures = new ArrayList<>();
    private int writes;
    private int replacements;
    private @Nullable SocketAddress server;

    /** For the link under test. */
    public Factory factory() {
        return heard -> {
            events = heard;
            return this;
        };
    }

    private Events events() {
        return Objects.requireNonNull(events, "no link has been made");
    }

    @Override
    public String user() {
        return "default";
    }

    /** The connection opens. */
    public void connect() {
        open = true;
        events().opened();
    }

    /** The connection breaks; what is unanswered stays so for ever. */
    public void disconnect() {
        lose();
        events().broken("the connection broke; reconnecting");
    }

    /** The connection is ended at what Redis may not send. */
    public void refuse(String why) {
        lose();
        events().refused(why);
    }

    private void lose() {
        open = false;
        List<RedisCommand<byte[], byte[], ?>> broken = List.copyOf(unanswered);
        unanswered.clear();
        broken.forEach(command -> command.completeExceptionally(new IllegalStateException("reset")));
    }

    /** From now on connections lead to this server. */
    public void leadTo(SocketAddress address) {
        server = address;
    }

    @Override
    public @Nullable SocketAddress server() {
        return server;
    }

    /** From now on commands cannot be sent, although the connection is open. */
    public void refuseToSend(RuntimeException failure) {
        unsendable = failure;
    }

    public void setVersion(Optional<String> told) {
        version = told;
    }

    /** Commands that have been sent and not replied to, in their order. */
    public Deque<RedisCommand<byte[], byte[], ?>> unanswered() {
        return unanswered;
    }

    /** Takes the oldest command that has not been replied to, to reply later. */
    public RedisCommand<byte[], byte[], ?> take() {
        RedisCommand<byte[], byte[], ?> command = unanswered.poll();
        if (command == null) {
            throw new NoSuchElementException("nothing is unanswered");
        }
        return command;
    }

    /** How many writes there were. */
    public int writes() {
        return writes;
    }

    /** How often a new connection was asked for. */
    public int replacements() {
        return replacements;
    }

    /** The words of a command: its name and its arguments. */
    public static List<String> words(RedisCommand<byte[], byte[], ?> command) {
        ByteBuf encoded = Unpooled.buffer();
        command.encode(encoded);
        String[] lines = encoded.toString(StandardCharsets.UTF_8).split("\r\n", -1);
        List<String> words = new ArrayList<>();
        for (int i = 2; i < lines.length; i += 2) {
            words.add(lines[i]);
        }
        return words;
    }

    /** Replies to the oldest command by one text; null = nothing. */
    public void reply(@Nullable String text) {
        RedisCommand<byte[], byte[], ?> command = take();
        output(command).set(text == null ? null : bytes(text));
        command.complete();
    }

    /** Replies to the oldest command by one number. */
    public void replyNumber(long number) {
        RedisCommand<byte[], byte[], ?> command = take();
        output(command).set(number);
        command.complete();
    }

    /** Replies to the oldest command by an error. */
    public void replyError(String error) {
        replyError(take(), error);
    }

    public static void replyError(RedisCommand<byte[], byte[], ?> command, String error) {
        output(command).setError(error);
        command.complete();
    }

    /** Replies to the oldest command by several values: texts, numbers or null. */
    public void replyAll(@Nullable Object... values) {
        replyAll(take(), values);
    }

    public static void replyAll(RedisCommand<byte[], byte[], ?> command, @Nullable Object... values) {
        CommandOutput<byte[], byte[], ?> output = output(command);
        output.multi(values.length);
        for (Object value : values) {
            if (value instanceof Number number) {
                output.set(number.longValue());
            } else {
                output.set(value == null ? null : bytes(value.toString()));
            }
        }
        command.complete();
    }

    public void push(PushMessage message) {
        events().pushed(message);
    }

    private static CommandOutput<byte[], byte[], ?> output(RedisCommand<byte[], byte[], ?> command) {
        return Objects.requireNonNull(command.getOutput());
    }

    public static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Future<Void> open() {
        return Future.succeededFuture();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public Optional<String> version() {
        return version;
    }

    @Override
    public void send(List<RedisCommand<byte[], byte[], ?>> commands) {
        writes++;
        if (unsendable != null) {
            throw unsendable;
        }
        if (open) {
            unanswered.addAll(commands);
        } else {
            commands.forEach(command -> command.completeExceptionally(new IllegalStateException("not connected")));
        }
    }

    @Override
    public void replace(BooleanSupplier stillWanted) {
        replacements++;
        if (stillWanted.getAsBoolean()) {
            List<RedisCommand<byte[], byte[], ?>> broken = List.copyOf(unanswered);
            unanswered.clear();
            events().replaced();
            broken.forEach(command -> command.completeExceptionally(new IllegalStateException("replaced")));
            events().opened();
        }
    }

    /** Why the connection was left; empty = it was not. */
    public List<String> departures() {
        return departures;
    }

    @Override
    public void leave(String why) {
        departures.add(why);
        refuse(why);
    }

    @Override
    public Future<Void> close() {
        open = false;
        return Future.succeededFuture();
    }
}
