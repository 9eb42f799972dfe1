package dev.hotcold.config.parse.postgres;

import dev.hotcold.cold.server.PostgresServer;
import dev.hotcold.config.parse.Flaws;
import dev.hotcold.config.parse.HostPort;
import dev.hotcold.config.parse.Parsed;
import dev.hotcold.config.parse.PercentEncoding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The servers that a PostgreSQL URL names: hosts and ports, separated by commas, stand before the path or in parameters, which win.
 * An empty parameter says nothing; nor does an empty port, which is then the default.
 *
 * @see <a href="https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS">Specifying multiple hosts</a>
 */
final class PostgresHosts {

    static final int DEFAULT_PORT = 5432;

    /** A directory in the place of a host, and what is behind it. */
    private static final Pattern DIRECTORY = Pattern.compile("(?<directory>%2[Ff][^:]*)(?::(?<port>.*))?");

    private static final Pattern PORT_ALONE = Pattern.compile(":(?<port>.*)");

    /** What the kernel takes, without the zero at the end. */
    private static final int LONGEST_SOCKET = 107;

    /** What stands for a server that is not named, beside the flaw. */
    private static final PostgresServer NONE = new PostgresServer("", DEFAULT_PORT);

    private PostgresHosts() {}

    /**
     * The servers, one or more.
     *
     * @param place before the path, not decoded
     * @param form of a URL, for advice
     */
    static List<PostgresServer> take(String place, PostgresParameters parameters, String form) {
        Flaws flaws = parameters.flaws();
        Optional<String> host = parameters.take("host");
        Optional<String> port = parameters.take("port");
        boolean isCleared = host.filter(String::isEmpty).isPresent();
        List<String> places = split(place);
        if (host.isPresent() && !isCleared) {
            List<String> hosts = split(host.get());
            List<Optional<String>> ports = port.map(PostgresHosts::ports)
                    .orElseGet(
                            () -> places.stream().map(PostgresHosts::portBehind).toList());
            return together(hosts.stream().map(HostOrPlace::host).toList(), ports, flaws);
        }
        if (isCleared
                || place.isEmpty()
                || (places.size() == 1 && PORT_ALONE.matcher(place).matches())) {
            flaws.add(
                    HostPort.ALLOWED_HOST,
                    "put the server's name where HOST stands in " + form
                            + ", or name the directory of a unix socket by ?host=/DIRECTORY");
            return List.of(NONE);
        }
        List<Optional<String>> ports = port.map(PostgresHosts::ports).orElse(List.of());
        return together(places.stream().map(HostOrPlace::place).toList(), ports, flaws);
    }

    /**
     * A text that names a server.
     *
     * @param isPlace whether it stands before the path, with its port behind it; otherwise it is decoded and has none
     */
    private record HostOrPlace(String text, boolean isPlace) {

        static HostOrPlace host(String text) {
            return new HostOrPlace(text, false);
        }

        static HostOrPlace place(String text) {
            return new HostOrPlace(text, true);
        }
    }

    /** @param ports none: each place has its own; one: for all; or as many as there are hosts */
    private static List<PostgresServer> together(List<HostOrPlace> hosts, List<Optional<String>> ports, Flaws flaws) {
        if (ports.size() > 1 && ports.size() != hosts.size()) {
            flaws.add("one port for all hosts, or as many ports as hosts");
            return List.of(NONE);
        }
        List<PostgresServer> servers = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            Optional<String> port = ports.isEmpty() ? Optional.empty() : ports.get(ports.size() == 1 ? 0 : i);
            servers.add(server(hosts.get(i), !ports.isEmpty(), port, flaws));
        }
        return servers;
    }

    /** @param overrides whether the port is none of the place's own */
    private static PostgresServer server(HostOrPlace named, boolean overrides, Optional<String> port, Flaws flaws) {
        if (!named.isPlace()) {
            return server(named.text(), port, flaws);
        }
        Matcher directory = DIRECTORY.matcher(named.text());
        if (directory.matches()) {
            String decoded = PercentEncoding.decode(directory.group("directory"), "host", flaws);
            return server(decoded, overrides ? port : Optional.ofNullable(directory.group("port")), flaws);
        }
        HostPort own = HostPort.parse(named.text(), DEFAULT_PORT, flaws);
        return overrides
                ? new PostgresServer(own.host(), port(port, flaws))
                : new PostgresServer(own.host(), own.port());
    }

    private static PostgresServer server(String host, Optional<String> portText, Flaws flaws) {
        int port = port(portText, flaws);
        if (host.startsWith("/")) {
            if ((host + "/.s.PGSQL." + port).getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET) {
                flaws.add("a unix socket whose path has " + LONGEST_SOCKET + " bytes at most");
            }
            return new PostgresServer(host, port);
        }
        return switch (HostPort.parseHost(host)) {
            case Parsed.Accepted<String>(String name) -> new PostgresServer(name, port);
            case Parsed.Rejected<String> _ -> {
                flaws.add(
                        HostPort.ALLOWED_HOST,
                        "write the server's name, or the directory of a unix socket with a slash in front");
                yield new PostgresServer("", port);
            }
        };
    }

    private static int port(Optional<String> text, Flaws flaws) {
        return text.map(given -> HostPort.port(given, DEFAULT_PORT, flaws)).orElse(DEFAULT_PORT);
    }

    private static List<Optional<String>> ports(String text) {
        return split(text).stream()
                .map(port -> Optional.of(port).filter(given -> !given.isEmpty()))
                .toList();
    }

    private static Optional<String> portBehind(String place) {
        int colon = place.startsWith("[") ? place.indexOf("]:") + 1 : place.lastIndexOf(':');
        return colon > 0 || place.startsWith(":") ? Optional.of(place.substring(colon + 1)) : Optional.empty();
    }

    private static List<String> split(String text) {
        return Arrays.asList(text.split(",", -1));
    }

    /** As a URL names them before the path; empty where one of them is a unix socket, which parameters name. */
    static Optional<String> place(List<PostgresServer> servers) {
        return servers.stream().anyMatch(server -> server.unixSocket().isPresent())
                ? Optional.empty()
                : Optional.of(join(servers.stream().map(PostgresServer::toString)));
    }

    /** As the parameter {@code host} names them. */
    static String hosts(List<PostgresServer> servers) {
        return join(servers.stream().map(PostgresServer::host));
    }

    /** As the parameter {@code port} names them. */
    static String ports(List<PostgresServer> servers) {
        return join(servers.stream().map(server -> Integer.toString(server.port())));
    }

    private static String join(Stream<String> texts) {
        return String.join(",", texts.toList());
    }
}
