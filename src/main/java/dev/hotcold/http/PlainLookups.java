package dev.hotcold.http;

import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.user.UserId;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The short way of an event loop's plain lookups: from the bytes of a connection to the bytes of the response, without
 * Vert.x between. Each connection begins on it and leaves it for good with the first request that {@link LookupRequest}
 * does not recognise, so that everything else about HTTP is Vert.x' alone. See docs/decisions/0018 for what that saves.
 *
 * <p>Confined to: its event loop.
 */
final class PlainLookups {

    private final Lookup lookup;
    private final LookupObserver observer;
    private final LookupResponses responses;
    private final LookupRequest request;
    private final @Nullable KeyCheck keys;
    private final Set<PlainConnection> connections = new HashSet<>();
    private final Promise<Void> ended = Promise.promise();
    private Runnable onLeft = () -> {};
    private int pending;
    private boolean ending;

    /**
     * @param longest bytes of a request that is within all limits
     * @param bypass whether a request may ask for the database's own answer, which is then no plain lookup
     * @param keys what requests are checked by; null = anybody may ask
     */
    PlainLookups(
            Lookup lookup,
            LookupObserver observer,
            LookupResponses responses,
            int longest,
            boolean bypass,
            @Nullable KeyCheck keys) {
        this.lookup = lookup;
        this.observer = observer;
        this.responses = responses;
        this.request = new LookupRequest(longest, bypass);
        this.keys = keys;
    }

    /** Begins to serve a connection from which nothing has been read yet but a handshake. */
    void serve(Channel channel) {
        PlainConnection connection = new PlainConnection(this);
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            channel.pipeline().addFirst(connection);
        } else {
            channel.pipeline().addAfter(channel.pipeline().context(tls).name(), null, connection);
        }
    }

    /** From now on connections leave the short way with their next request. */
    void end() {
        ending = true;
        settleEnd();
    }

    /** Succeeds once no lookup is under way after {@link #end}. */
    Future<Void> ended() {
        return ended.future();
    }

    boolean isEnding() {
        return ending;
    }

    /** Whether no connection is left that has asked for anything. */
    boolean isEmpty() {
        return connections.isEmpty();
    }

    /** Sets what is called when a connection has left or closed. */
    void onLeft(Runnable action) {
        onLeft = action;
    }

    LookupRequest request() {
        return request;
    }

    LookupResponses responses() {
        return responses;
    }

    /** Whether the request that was read last presents a key that is known, where one is needed. */
    boolean isAdmitted() {
        return keys == null || keys.of(request.authorization(), request.apiKey()) == KeyCheck.Verdict.ADMITTED;
    }

    /** Begins the lookup that the request read last asks for. */
    void begin(PlainConnection connection, PlainConnection.Exchange exchange) {
        connections.add(connection);
        if (request.userId() instanceof UserId id) {
            pending++;
            lookup.lookup(id, exchange);
        } else {
            observer.lookupRejected();
            exchange.answer(responses.invalid());
        }
    }

    /** A lookup that was begun has been answered. */
    void answered() {
        pending--;
        settleEnd();
    }

    void left(PlainConnection connection) {
        if (connections.remove(connection)) {
            onLeft.run();
        }
    }

    private void settleEnd() {
        if (ending && pending == 0) {
            ended.tryComplete();
        }
    }
}
