package dev.hotcold.config.parse;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What REDIS_ADDR says: a host with or without a port, or a URL.
 *
 * @param servers one Redis, or the Sentinels of one
 * @param primary the name by which Sentinels watch the Redis; empty: the server is the Redis itself
 * @param tls whether the URL was rediss:// or rediss-sentinel://
 * @param database the number in the URL's path
 * @param ignoredParameters names of parameters, none of which has an effect here
 * @see <a href="https://www.iana.org/assignments/uri-schemes/prov/redis">The redis URI scheme</a>
 */
public record RedisAddress(
        List<HostPort> servers,
        Optional<String> primary,
        boolean tls,
        Optional<String> username,
        Optional<String> password,
        Optional<Integer> database,
        List<String> ignoredParameters) {

    /** The server that this process starts itself. */
    public static final RedisAddress EMBEDDED = plain(new HostPort("127.0.0.1", 0));

    public static final String ALLOWED =
            "host, host:port, or a URL: redis://, rediss://, redis-sentinel://, rediss-sentinel://; unset = embedded Redis";
    public static final WholeNumber DATABASES = WholeNumber.count(0, 10_000);

    private static final int DEFAULT_PORT = 6379;
    private static final int SENTINEL_PORT = 26379;
    private static final String MASTER = "master";
    private static final Set<String> SCHEMES = Set.of("redis", "rediss");
    private static final Set<String> SENTINEL_SCHEMES = Set.of("redis-sentinel", "rediss-sentinel");

    /** Reads an address; empty = the embedded server. */
    public static Parsed<RedisAddress> parse(String text) {
        if (text.isEmpty()) {
            return new Parsed.Accepted<>(EMBEDDED);
        }
        return UrlParts.cut(text).map(RedisAddress::parse).orElseGet(() -> parseHostPort(text));
    }

    private static Parsed<RedisAddress> parseHostPort(String text) {
        Flaws flaws = new Flaws();
        if (text.contains("@")) {
            flaws.add("user and password only in a URL", "put redis:// in front");
            return flaws.verdict(EMBEDDED);
        }
        return flaws.verdict(plain(HostPort.parse(text, DEFAULT_PORT, flaws)));
    }

    private static Parsed<RedisAddress> parse(UrlParts parts) {
        Flaws flaws = new Flaws();
        boolean isSentinel = SENTINEL_SCHEMES.contains(parts.scheme());
        if (!isSentinel && !SCHEMES.contains(parts.scheme())) {
            flaws.add(
                    "host:port, or a URL that starts with redis://, rediss://, redis-sentinel:// or rediss-sentinel://");
            return flaws.verdict(EMBEDDED);
        }
        var _ = parts.checkCredentialsAreWhole(flaws);
        List<HostPort> servers = isSentinel
                ? sentinels(parts.hostPort(), flaws)
                : List.of(HostPort.parse(parts.hostPort(), DEFAULT_PORT, flaws));
        Map<String, String> parameters = new LinkedHashMap<>(parts.parameters(flaws));
        Optional<String> primary = Optional.ofNullable(isSentinel ? parameters.remove(MASTER) : null)
                .filter(name -> !name.isEmpty());
        if (isSentinel && primary.isEmpty()) {
            flaws.add("the name that the Sentinels have for the primary", "add ?master=NAME, such as ?master=mymaster");
        }
        if (parts.userInfo().filter(info -> !info.contains(":")).isPresent()) {
            // Some clients take a lone word for the user, others for the password: neither is guessed.
            flaws.add(
                    "a colon between user and password", "write redis://:PASSWORD@HOST or redis://USER:PASSWORD@HOST");
        }
        UrlParts.Credentials credentials = parts.credentials(flaws);
        return flaws.verdict(new RedisAddress(
                servers,
                primary,
                parts.scheme().startsWith("rediss"),
                Optional.of(credentials.user()).filter(user -> !user.isEmpty()),
                Optional.of(credentials.password()).filter(password -> !password.isEmpty()),
                database(parts.path(), flaws),
                List.copyOf(parameters.keySet())));
    }

    private static List<HostPort> sentinels(String text, Flaws flaws) {
        return Arrays.stream(text.split(",", -1))
                .map(server -> HostPort.parse(server, SENTINEL_PORT, flaws))
                .toList();
    }

    private static Optional<Integer> database(String path, Flaws flaws) {
        if (path.isEmpty()) {
            return Optional.empty();
        }
        return switch (DATABASES.parse(path)) {
            case Parsed.Accepted<Integer>(Integer number) -> Optional.of(number);
            case Parsed.Rejected<Integer> _ -> {
                flaws.add("after the host, a database number from 0 to 10000");
                yield Optional.empty();
            }
        };
    }

    private static RedisAddress plain(HostPort server) {
        return new RedisAddress(
                List.of(server),
                Optional.empty(),
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    /** The address as a URL with its port filled in and its password masked. */
    @Override
    public String toString() {
        String secret = password.map(_ -> ":" + Masking.MASK).orElse("");
        String login = username.map(PercentEncoding::encode).orElse("") + secret;
        return (tls ? "rediss" : "redis")
                + (primary.isPresent() ? "-sentinel://" : "://")
                + (login.isEmpty() ? "" : login + "@")
                + servers.stream().map(HostPort::toString).collect(Collectors.joining(","))
                + database.map(number -> "/" + number).orElse("")
                + primary.map(name -> "?" + MASTER + "=" + PercentEncoding.encode(name))
                        .orElse("");
    }
}
