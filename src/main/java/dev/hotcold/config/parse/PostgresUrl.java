package dev.hotcold.config.parse;

import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.driver.PostgresSession;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.PostgresTrust.ChannelBinding;
import dev.hotcold.cold.trust.PostgresTrust.SslMode;
import dev.hotcold.cold.trust.TlsVersions;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What DATABASE_URL says, read as libpq reads a connection URI.
 *
 * @param warnings of what protects less than it seems to
 * @see <a href="https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING-URIS">Connection URIs</a>
 */
public record PostgresUrl(PostgresEndpoint endpoint, PostgresTrust trust, List<String> warnings) {

    public static final String ALLOWED = "postgres:// or postgresql:// URL; unset = embedded PostgreSQL";

    private static final String FORM = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";
    private static final int DEFAULT_PORT = 5432;
    private static final Set<String> SCHEMES = Set.of("postgres", "postgresql");

    /** A directory in the place of a host, and what is behind it. */
    private static final Pattern DIRECTORY = Pattern.compile("(?<directory>%2[Ff][^:]*)(?::(?<port>.*))?");

    private static final Pattern PORT_ALONE = Pattern.compile(":(?<port>.*)");

    /** What the kernel takes, without the zero at the end. */
    private static final int LONGEST_SOCKET = 107;

    /** The server that this process starts itself. */
    private static PostgresUrl embedded(String setting) {
        return new PostgresUrl(
                new PostgresEndpoint("127.0.0.1", 0, "postgres", "postgres", Optional.empty()),
                new PostgresTrust(setting, SslMode.DISABLE, Optional.empty()),
                List.of());
    }

    /**
     * Reads a URL; empty = the embedded server.
     *
     * @param setting that it is the value of
     */
    public static Parsed<PostgresUrl> parse(String setting, String text) {
        if (text.isEmpty()) {
            return new Parsed.Accepted<>(embedded(setting));
        }
        return UrlParts.cut(text)
                .filter(parts -> SCHEMES.contains(parts.scheme()))
                .map(parts -> parse(setting, parts))
                .orElseGet(() -> new Parsed.Rejected<>(
                        List.of(new Flaw("a URL that starts with postgres:// or postgresql://", "write " + FORM))));
    }

    private static Parsed<PostgresUrl> parse(String setting, UrlParts parts) {
        Flaws flaws = new Flaws();
        if (!parts.checkCredentialsAreWhole(flaws)) {
            // What looks like a parameter may be a part of the password.
            return flaws.verdict(embedded(setting));
        }
        PostgresParameters parameters = new PostgresParameters(parts.parameters(flaws), flaws);
        HostPort server = server(parts.hostPort(), parameters);
        UrlParts.Credentials credentials = parts.credentials(flaws);
        Optional<String> userParameter = parameters.take("user");
        String user = userParameter.orElse(credentials.user());
        boolean isNamed = parts.userInfo()
                .filter(info -> !info.isEmpty() && !info.startsWith(":"))
                .isPresent();
        if (userParameter.map(String::isEmpty).orElse(!isNamed)) {
            flaws.add("a user name before the host", "write " + FORM);
        }
        String database = PercentEncoding.decode(parts.path(), "database name", flaws);
        PostgresEndpoint endpoint = new PostgresEndpoint(
                server.host(),
                server.port(),
                parameters
                        .take("dbname")
                        .or(() -> Optional.of(database))
                        .filter(name -> !name.isEmpty())
                        .orElse(user),
                user,
                parameters
                        .take("password")
                        .or(() -> Optional.of(credentials.password()))
                        .filter(password -> !password.isEmpty()),
                SessionParameters.take(parameters));
        PostgresTrust trust = TrustParameters.take(setting, parameters);
        parameters.refuseRest();
        boolean isUnixSocket = endpoint.unixSocket().isPresent();
        TrustParameters.checkFiles(trust, isUnixSocket, flaws);
        if (trust.channelBinding() == ChannelBinding.REQUIRE && (isUnixSocket || trust.sslMode() == SslMode.DISABLE)) {
            flaws.add("channel_binding=require only with encryption", "write sslmode=verify-full");
        }
        return flaws.verdict(new PostgresUrl(endpoint, trust, TrustParameters.warnings(trust, isUnixSocket)));
    }

    /** Where it is by the place before the path, overridden by the parameters, which may also be empty: then nothing is said. */
    private static HostPort server(String place, PostgresParameters parameters) {
        Optional<String> host = parameters.take("host");
        Optional<String> port =
                parameters.take("port").map(text -> text.isEmpty() ? Integer.toString(DEFAULT_PORT) : text);
        if (place.contains(",")) {
            return several(parameters.flaws());
        }
        Matcher directory = DIRECTORY.matcher(place);
        Matcher portAlone = PORT_ALONE.matcher(place);
        boolean isCleared = host.filter(String::isEmpty).isPresent();
        if (host.isPresent() && !isCleared) {
            return server(host.get(), port.or(() -> portBehind(place)), parameters.flaws());
        }
        if (directory.matches() && !isCleared) {
            String decoded = PercentEncoding.decode(directory.group("directory"), "host", parameters.flaws());
            return server(decoded, port.or(() -> Optional.ofNullable(directory.group("port"))), parameters.flaws());
        }
        if (isCleared || place.isEmpty() || portAlone.matches()) {
            parameters
                    .flaws()
                    .add(
                            HostPort.ALLOWED_HOST,
                            "put the server's name where HOST stands in " + FORM
                                    + ", or name the directory of a unix socket by ?host=/DIRECTORY");
            return new HostPort("", DEFAULT_PORT);
        }
        HostPort server = HostPort.parse(place, DEFAULT_PORT, parameters.flaws());
        return port.map(text -> new HostPort(server.host(), HostPort.port(text, DEFAULT_PORT, parameters.flaws())))
                .orElse(server);
    }

    private static Optional<String> portBehind(String place) {
        int colon = place.startsWith("[") ? place.indexOf("]:") + 1 : place.lastIndexOf(':');
        return colon > 0 || place.startsWith(":") ? Optional.of(place.substring(colon + 1)) : Optional.empty();
    }

    private static HostPort server(String host, Optional<String> portText, Flaws flaws) {
        int port =
                portText.map(text -> HostPort.port(text, DEFAULT_PORT, flaws)).orElse(DEFAULT_PORT);
        if (host.contains(",")) {
            return several(flaws);
        }
        if (host.startsWith("/")) {
            if ((host + "/.s.PGSQL." + port).getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET) {
                flaws.add("a unix socket whose path has " + LONGEST_SOCKET + " bytes at most");
            }
            return new HostPort(host, port);
        }
        return switch (HostPort.parseHost(host)) {
            case Parsed.Accepted<String>(String name) -> new HostPort(name, port);
            case Parsed.Rejected<String> _ -> {
                flaws.add(
                        HostPort.ALLOWED_HOST,
                        "write the server's name, or the directory of a unix socket with a slash in front");
                yield new HostPort("", port);
            }
        };
    }

    private static HostPort several(Flaws flaws) {
        flaws.add(
                HostPort.ALLOWED_HOST,
                "name one server: the primary, or a proxy in front of it; several are not supported");
        return new HostPort("", DEFAULT_PORT);
    }

    /** The URL with its defaults filled in and its passwords masked. */
    @Override
    public String toString() {
        Map<String, String> parameters = new LinkedHashMap<>();
        boolean isUnixSocket = endpoint.unixSocket().isPresent();
        if (isUnixSocket) {
            parameters.put("host", endpoint.host());
            parameters.put("port", Integer.toString(endpoint.port()));
        }
        parameters.put("sslmode", trust.sslMode().label());
        trust.rootCertificate().ifPresent(file -> parameters.put("sslrootcert", file.toString()));
        trust.client().ifPresent(client -> {
            parameters.put("sslcert", client.certificates().toString());
            parameters.put("sslkey", client.key().toString());
            client.password().ifPresent(_ -> parameters.put("sslpassword", Masking.MASK));
        });
        if (!trust.versions().equals(TlsVersions.DEFAULT)) {
            parameters.put("ssl_min_protocol_version", trust.versions().names().getFirst());
            parameters.put("ssl_max_protocol_version", trust.versions().names().getLast());
        }
        if (trust.channelBinding() != ChannelBinding.PREFER) {
            parameters.put("channel_binding", trust.channelBinding().label());
        }
        session(endpoint.session(), parameters);
        return "postgres://" + PercentEncoding.encode(endpoint.user())
                + endpoint.password().map(_ -> ":" + Masking.MASK).orElse("")
                + "@" + (isUnixSocket ? "" : new HostPort(endpoint.host(), endpoint.port()))
                + "/" + PercentEncoding.encode(endpoint.database()) + "?"
                + parameters.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + shown(entry.getValue()))
                        .collect(Collectors.joining("&"));
    }

    private static void session(PostgresSession session, Map<String, String> parameters) {
        if (!session.applicationName().equals(PostgresSession.DEFAULT.applicationName())) {
            parameters.put("application_name", session.applicationName());
        }
        session.options().ifPresent(text -> parameters.put("options", text));
        session.searchPath().ifPresent(text -> parameters.put("search_path", text));
        session.connectTimeout().ifPresent(time -> parameters.put("connect_timeout", Long.toString(time.toSeconds())));
        PostgresSession.KeepAlive keepAlive = session.keepAlive();
        if (!keepAlive.enabled()) {
            parameters.put("keepalives", "0");
        }
        put("keepalives_idle", keepAlive.idleSeconds(), parameters);
        put("keepalives_interval", keepAlive.intervalSeconds(), parameters);
        put("keepalives_count", keepAlive.count(), parameters);
    }

    private static void put(String name, int value, Map<String, String> parameters) {
        if (value > 0) {
            parameters.put(name, Integer.toString(value));
        }
    }

    /** Paths and masks are easier to read as they are. */
    private static String shown(String value) {
        return value.matches("[A-Za-z0-9/._*-]*") ? value : PercentEncoding.encode(value);
    }
}
