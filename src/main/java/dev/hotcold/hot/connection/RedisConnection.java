package dev.hotcold.hot.connection;

import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.RedisCommand;
import io.vertx.core.Future;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of an event loop to a Redis node. It opens, reopens when it breaks, and can be replaced. Replies come in
 * the order of their commands.
 *
 * <p>Confined to: its event loop.
 */
public interface RedisConnection {

    /** What happens to the connection; called on the loop. */
    interface Events {

        /** Commands can be sent, maybe to another Redis than before: nothing known of the previous one holds. */
        void opened();

        /** No connection could be opened; it is tried again. */
        void openFailed(String why);

        /** The connection broke and is reopened; no reply to what was sent on it comes any more. */
        void broken(String why);

        /** The same, but it was ended from here: Redis sent what it may not send, or is another than it should be, maybe again. */
        void refused(String why);

        /** The connection gave way to a new one; no reply to what was sent on it comes any more. */
        void replaced();

        /** Redis sent a push message, between two replies. */
        void pushed(PushMessage message);
    }

    /** Makes a connection that is not open yet. */
    @FunctionalInterface
    interface Factory {

        RedisConnection create(Events events);
    }

    /**
     * Opens the connection in the background, unless it is open or opening already or an attempt has just failed.
     *
     * @return succeeds when the first attempt has ended, whatever its outcome
     */
    Future<Void> open();

    /** Whether commands can be sent. */
    boolean isOpen();

    /** Where the present connection, or the last one, leads to; null = none was open yet. */
    @Nullable SocketAddress server();

    /** The user of Redis that is logged in. */
    String user();

    /** The version that Redis gave when the connection was made; empty: it speaks no RESP3, or there is no connection. */
    Optional<String> version();

    /** Sends commands in one write. Those that cannot be sent complete exceptionally at once. */
    void send(List<RedisCommand<byte[], byte[], ?>> commands);

    /**
     * Opens a new connection and closes the present one once the new one is open. What is in flight on the present one then
     * breaks.
     *
     * @param stillWanted called when the new one is open; if not, the present one stays
     */
    void replace(BooleanSupplier stillWanted);

    /**
     * Ends the connection, which leads to a server that is not to be used. The address is looked up anew, after a pause where that
     * comes to the same again and again.
     *
     * @param why in words that go on "Redis"
     */
    void leave(String why);

    /** Closes for good. */
    Future<Void> close();
}
