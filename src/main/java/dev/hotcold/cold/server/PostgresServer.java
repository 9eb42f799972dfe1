package dev.hotcold.cold.server;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A PostgreSQL server as the settings name it.
 *
 * @param host name or address; with a slash in front the directory of a unix socket
 * @param port 1 to 65535, which is in the name of a unix socket too; 0 = an embedded server, whose port is known once it has
 *     started
 */
public record PostgresServer(String host, int port) {

    /** The unix socket; empty: it is TCP. */
    public Optional<Path> unixSocket() {
        return host.startsWith("/") ? Optional.of(Path.of(host, ".s.PGSQL." + port)) : Optional.empty();
    }

    /** A sentence about it, of words that go on its name. */
    String said(String why) {
        return this + " " + why;
    }

    /** As in a URL: an IPv6 address in brackets; of a unix socket its file. */
    @Override
    public String toString() {
        return unixSocket().map(Path::toString).orElse((host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    }
}
