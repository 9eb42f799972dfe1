package dev.hotcold.config.parse;

import java.net.Inet6Address;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server listens.
 *
 * @param host name or address; an IPv6 address without brackets
 * @param port 1 to 65535; 0 = an embedded server's
 */
public record HostPort(String host, int port) {
    public static final String ALLOWED_HOST = "one host: a name, an IPv4 address or an IPv6 address";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
    private static final Pattern HOST_AND_PORT = Pattern.compile("(?<host>\\[[^]]*]|[^:\\[]*)(?::(?<port>.*))?");

    /** Reads {@code host}, {@code host:port}, {@code [ipv6]} or {@code [ipv6]:port}. */
    public static HostPort parse(String text, int defaultPort, Flaws flaws) {
        Matcher parts = HOST_AND_PORT.matcher(text);
        if (isIpv6(text) || !parts.matches()) {
            flaws.add(ALLOWED_HOST, "put an IPv6 address in brackets, as in [::1]:" + defaultPort);
            return new HostPort("", defaultPort);
        }
        Optional<String> host = host(parts.group("host"));
        if (host.isEmpty()) {
            flaws.add(ALLOWED_HOST, "put the server's name where HOST stands in HOST:" + defaultPort);
        }
        Optional<Integer> port =
                Optional.ofNullable(parts.group("port")).map(HostPort::port).orElse(Optional.of(defaultPort));
        if (port.isEmpty()) {
            flaws.add("a port from 1 to 65535");
        }
        return new HostPort(host.orElse(""), port.orElse(defaultPort));
    }

    /** The host behind a name, an IPv4 address or an IPv6 address in brackets. */
    private static Optional<String> host(String text) {
        if (text.startsWith("[") && text.endsWith("]")) {
            String inner = text.substring(1, text.length() - 1);
            return isIpv6(inner) ? Optional.of(inner) : Optional.empty();
        }
        return NAME.matcher(text).matches() ? Optional.of(text) : Optional.empty();
    }

    /** Reads an address to listen on: a host without a port, where brackets around an IPv6 address are optional. */
    public static Parsed<String> parseHost(String text) {
        Optional<String> host = isIpv6(text) ? Optional.of(text) : host(text);
        Flaws flaws = new Flaws();
        if (host.isEmpty()) {
            flaws.add(ALLOWED_HOST);
        }
        return flaws.verdict(host.orElse(""));
    }

    /** Reads a port by itself; {@code otherwise} for one that is not allowed, which is a flaw. */
    public static int port(String text, int otherwise, Flaws flaws) {
        Optional<Integer> port = port(text);
        if (port.isEmpty()) {
            flaws.add("a port from 1 to 65535");
        }
        return port.orElse(otherwise);
    }

    private static Optional<Integer> port(String text) {
        if (!text.matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        int port = Integer.parseInt(text);
        return port >= 1 && port <= 65535 ? Optional.of(port) : Optional.empty();
    }

    private static boolean isIpv6(String text) {
        if (text.indexOf(':') < 0 || text.startsWith("[")) {
            return false;
        }
        try {
            Inet6Address.ofLiteral(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** As in a URL: an IPv6 address in brackets. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
