package dev.hotcold.config.parse;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What REDIS_ADDR says: a host with or without a port, or a redis:// or rediss:// URL.
 *
 * @param tls whether the URL was rediss://
 * @param database the number in the URL's path
 * @param ignoredParameters names of parameters, none of which has an effect here
 * @see <a href="https://www.iana.org/assignments/uri-schemes/prov/redis">The redis URI scheme</a>
 */
public record RedisAddress(
        HostPort server,
        boolean tls,
        Optional<String> username,
        Optional<String> password,
        Optional<Integer> database,
        List<String> ignoredParameters) {

    /** The server that this process starts itself. */
    public static final RedisAddress EMBEDDED = plain(new HostPort("127.0.0.1", 0));

    public static final String ALLOWED = "host, host:port, redis:// or rediss:// URL; unset = embedded Redis";
    public static final WholeNumber DATABASES = WholeNumber.count(0, 10_000);

    private static final int DEFAULT_PORT = 6379;
    private static final Set<String> SCHEMES = Set.of("redis", "rediss");

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
        if (!SCHEMES.contains(parts.scheme())) {
            flaws.add("host:port, or a URL that starts with redis:// or rediss://");
            return flaws.verdict(EMBEDDED);
        }
        var _ = parts.checkCredentialsAreWhole(flaws);
        HostPort server = HostPort.parse(parts.hostPort(), DEFAULT_PORT, flaws);
        if (parts.userInfo().filter(info -> !info.contains(":")).isPresent()) {
            // Some clients take a lone word for the user, others for the password: neither is guessed.
            flaws.add(
                    "a colon between user and password", "write redis://:PASSWORD@HOST or redis://USER:PASSWORD@HOST");
        }
        UrlParts.Credentials credentials = parts.credentials(flaws);
        return flaws.verdict(new RedisAddress(
                server,
                parts.scheme().equals("rediss"),
                Optional.of(credentials.user()).filter(user -> !user.isEmpty()),
                Optional.of(credentials.password()).filter(password -> !password.isEmpty()),
                database(parts.path(), flaws),
                List.copyOf(parts.parameters(flaws).keySet())));
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
        return new RedisAddress(server, false, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    }

    /** The address as a URL with its port filled in and its password masked. */
    @Override
    public String toString() {
        String secret = password.map(_ -> ":" + Masking.MASK).orElse("");
        String login = username.map(PercentEncoding::encode).orElse("") + secret;
        return (tls ? "rediss://" : "redis://")
                + (login.isEmpty() ? "" : login + "@")
                + server
                + database.map(number -> "/" + number).orElse("");
    }
}
