package dev.hotcold.cold.server;

import dev.hotcold.names.HostNames;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * One address of a server.
 *
 * @param address empty: it is a unix socket
 */
public record ServerAddress(PostgresServer server, Optional<InetAddress> address) {

    /**
     * What came of looking the servers' names up.
     *
     * @param addresses in the order in which they are tried
     * @param unknown the servers whose names could not be looked up
     */
    public record Found(List<ServerAddress> addresses, List<Loss> unknown) {

        private Found plus(Found more) {
            return new Found(
                    Stream.concat(addresses.stream(), more.addresses.stream()).toList(),
                    Stream.concat(unknown.stream(), more.unknown.stream()).toList());
        }
    }

    /** A server that could not be reached, and why. */
    public record Loss(PostgresServer server, Throwable cause) {}

    /** Looks up all addresses of all servers, without blocking. Completes on any thread, and never exceptionally. */
    public static CompletableFuture<Found> find(ServerList servers, HostNames names) {
        CompletableFuture<Found> all = CompletableFuture.completedFuture(new Found(List.of(), List.of()));
        for (PostgresServer server : servers.inOrder()) {
            all = all.thenCombine(find(server, names), Found::plus);
        }
        return all;
    }

    private static CompletableFuture<Found> find(PostgresServer server, HostNames names) {
        if (server.unixSocket().isPresent()) {
            return CompletableFuture.completedFuture(
                    new Found(List.of(new ServerAddress(server, Optional.empty())), List.of()));
        }
        return names.resolve(server.host())
                .handle((addresses, failure) -> addresses == null
                        ? new Found(List.of(), List.of(new Loss(server, HostNames.reason(failure))))
                        : new Found(
                                addresses.stream()
                                        .map(address -> new ServerAddress(server, Optional.of(address)))
                                        .toList(),
                                List.of()));
    }
}
