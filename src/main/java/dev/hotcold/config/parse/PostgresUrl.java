package dev.hotcold.config.parse;

import dev.hotcold.cold.driver.PostgresTrust.SslMode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What DATABASE_URL says, read as libpq reads a connection URI.
 *
 * @param ignoredParameters names of parameters that have no effect here
 * @see <a href="https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING-URIS">Connection URIs</a>
 */
public record PostgresUrl(
        HostPort server,
        String database,
        String user,
        Optional<String> password,
        SslMode sslMode,
        Optional<Path> rootCertificate,
        List<String> ignoredParameters) {

    /** The server that this process starts itself. */
    public static final PostgresUrl EMBEDDED = new PostgresUrl(
            new HostPort("127.0.0.1", 0),
            "postgres",
            "postgres",
            Optional.empty(),
            SslMode.DISABLE,
            Optional.empty(),
            List.of());

    public static final String ALLOWED = "postgres:// or postgresql:// URL; unset = embedded PostgreSQL";

    private static final String FORM = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";
    private static final int DEFAULT_PORT = 5432;
    private static final Set<String> SCHEMES = Set.of("postgres", "postgresql");
    private static final String SSL_MODE = "sslmode";
    private static final String ROOT_CERTIFICATE = "sslrootcert";

    /** Reads a URL; empty = the embedded server. */
    public static Parsed<PostgresUrl> parse(String text) {
        if (text.isEmpty()) {
            return new Parsed.Accepted<>(EMBEDDED);
        }
        return UrlParts.cut(text)
                .filter(parts -> SCHEMES.contains(parts.scheme()))
                .map(PostgresUrl::parse)
                .orElseGet(() -> new Parsed.Rejected<>(
                        List.of(new Flaw("a URL that starts with postgres:// or postgresql://", "write " + FORM))));
    }

    private static Parsed<PostgresUrl> parse(UrlParts parts) {
        Flaws flaws = new Flaws();
        parts.checkCredentialsAreWhole(flaws);
        HostPort server = HostPort.parse(parts.hostPort(), DEFAULT_PORT, flaws);
        UrlParts.Credentials credentials = parts.credentials(flaws);
        if (parts.userInfo()
                .filter(info -> !info.isEmpty() && !info.startsWith(":"))
                .isEmpty()) {
            flaws.add("a user name before the host", "write " + FORM);
        }
        String database = PercentEncoding.decode(parts.path(), "database name", flaws);
        Map<String, String> parameters = parts.parameters(flaws);
        return flaws.verdict(new PostgresUrl(
                server,
                database.isEmpty() ? credentials.user() : database,
                credentials.user(),
                Optional.of(credentials.password()).filter(password -> !password.isEmpty()),
                sslMode(parameters, flaws),
                rootCertificate(parameters, flaws),
                parameters.keySet().stream()
                        .filter(name -> !name.equals(SSL_MODE) && !name.equals(ROOT_CERTIFICATE))
                        .toList()));
    }

    private static SslMode sslMode(Map<String, String> parameters, Flaws flaws) {
        String text = parameters.getOrDefault(SSL_MODE, label(SslMode.PREFER));
        Optional<SslMode> mode = Arrays.stream(SslMode.values())
                .filter(candidate -> label(candidate).equalsIgnoreCase(text))
                .findFirst();
        if (mode.isEmpty()) {
            flaws.add("sslmode disable, prefer, require, verify-ca or verify-full");
        }
        return mode.orElse(SslMode.PREFER);
    }

    private static Optional<Path> rootCertificate(Map<String, String> parameters, Flaws flaws) {
        Optional<String> text = Optional.ofNullable(parameters.get(ROOT_CERTIFICATE));
        Optional<Path> file = text.flatMap(PostgresUrl::readableFile);
        if (text.isPresent() && file.isEmpty()) {
            flaws.add("sslrootcert naming a readable PEM file", "leave it out to trust the authorities of the JDK");
        }
        return file;
    }

    private static Optional<Path> readableFile(String text) {
        try {
            return Optional.of(Path.of(text)).filter(file -> Files.isReadable(file) && !Files.isDirectory(file));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static String label(SslMode mode) {
        return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The URL with its defaults filled in and its password masked. */
    @Override
    public String toString() {
        return "postgres://" + PercentEncoding.encode(user)
                + password.map(_ -> ":" + Masking.MASK).orElse("")
                + "@" + server + "/" + PercentEncoding.encode(database)
                + "?sslmode=" + label(sslMode)
                + rootCertificate.map(file -> "&sslrootcert=" + file).orElse("");
    }
}
