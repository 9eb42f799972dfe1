package dev.hotcold.config.parse.postgres;

import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.driver.PostgresSession;
import dev.hotcold.cold.server.PostgresServer;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.PostgresTrust.ChannelBinding;
import dev.hotcold.cold.trust.PostgresTrust.SslMode;
import dev.hotcold.cold.trust.TlsVersions;
import dev.hotcold.config.parse.Flaw;
import dev.hotcold.config.parse.Flaws;
import dev.hotcold.config.parse.Masking;
import dev.hotcold.config.parse.Parsed;
import dev.hotcold.config.parse.PercentEncoding;
import dev.hotcold.config.parse.UrlParts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private static final Set<String> SCHEMES = Set.of("postgres", "postgresql");

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
        List<PostgresServer> servers = PostgresHosts.take(parts.hostPort(), parameters, FORM);
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
                TargetParameters.take(servers, parameters),
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
        boolean isUnixSocket =
                servers.stream().allMatch(server -> server.unixSocket().isPresent());
        TrustParameters.checkFiles(trust, isUnixSocket, flaws);
        if (trust.channelBinding() == ChannelBinding.REQUIRE && (isUnixSocket || trust.sslMode() == SslMode.DISABLE)) {
            flaws.add("channel_binding=require only with encryption", "write sslmode=verify-full");
        }
        return flaws.verdict(new PostgresUrl(endpoint, trust, TrustParameters.warnings(trust, isUnixSocket)));
    }

    /** The URL with its defaults filled in and its passwords masked. */
    @Override
    public String toString() {
        Map<String, String> parameters = new LinkedHashMap<>();
        List<PostgresServer> servers = endpoint.servers().all();
        Optional<String> place = PostgresHosts.place(servers);
        if (place.isEmpty()) {
            parameters.put("host", PostgresHosts.hosts(servers));
            parameters.put("port", PostgresHosts.ports(servers));
        }
        TargetParameters.show(endpoint.servers(), parameters);
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
                + "@" + place.orElse("")
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
        return value.matches("[A-Za-z0-9/._,*-]*") ? value : PercentEncoding.encode(value);
    }
}
