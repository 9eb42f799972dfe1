package dev.hotcold.config.parse.postgres;

import dev.hotcold.cold.trust.ClientCertificate;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.PostgresTrust.ChannelBinding;
import dev.hotcold.cold.trust.PostgresTrust.SslMode;
import dev.hotcold.cold.trust.TlsPolicy;
import dev.hotcold.cold.trust.TlsVersions;
import dev.hotcold.cold.trust.UnusableTrustException;
import dev.hotcold.config.parse.Flaws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a PostgreSQL URL says about encryption, read as libpq does. */
final class TrustParameters {

    private static final String MODES = "sslmode disable, allow, prefer, require, verify-ca or verify-full";
    private static final String ROOT_CERTIFICATE = "sslrootcert";

    /** In the place of a file: the authorities of the system, which are those of the JDK here. */
    private static final String OF_THE_SYSTEM = "system";

    /** As libpq orders them; the first two are not spoken here. */
    private static final List<String> VERSIONS = List.of("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");

    private TrustParameters() {}

    /** @param setting that the URL is the value of */
    static PostgresTrust take(String setting, PostgresParameters parameters) {
        boolean trustsSystem = parameters.take(ROOT_CERTIFICATE, OF_THE_SYSTEM);
        Optional<SslMode> mode = mode(parameters);
        if (trustsSystem && mode.orElse(SslMode.VERIFY_FULL) != SslMode.VERIFY_FULL) {
            parameters.flaws().add("sslrootcert=system only with sslmode=verify-full", "write sslmode=verify-full");
        }
        return new PostgresTrust(
                setting,
                mode.orElse(trustsSystem ? SslMode.VERIFY_FULL : SslMode.PREFER),
                file(parameters, ROOT_CERTIFICATE, "leave it out to trust the authorities of the JDK"),
                client(parameters),
                versions(parameters),
                channelBinding(parameters));
    }

    private static Optional<SslMode> mode(PostgresParameters parameters) {
        // As libpq does for the sake of URLs that were written for JDBC.
        boolean isJdbc = parameters.take("ssl", "true");
        Optional<String> text = parameters.take("sslmode");
        if (isJdbc && text.isPresent()) {
            parameters.flaws().add("sslmode or ssl, not both", "leave ssl out");
        }
        Optional<SslMode> mode = text.flatMap(given -> Arrays.stream(SslMode.values())
                .filter(candidate -> candidate.label().equalsIgnoreCase(given))
                .findFirst());
        if (text.isPresent() && mode.isEmpty()) {
            parameters.flaws().add(MODES);
        }
        return isJdbc ? Optional.of(SslMode.REQUIRE) : mode;
    }

    private static Optional<ClientCertificate> client(PostgresParameters parameters) {
        boolean hasCertificate = parameters.has("sslcert");
        boolean hasKey = parameters.has("sslkey");
        boolean isShown = !parameters.take("sslcertmode", "disable");
        Optional<Path> certificate = file(parameters, "sslcert", "name the file of the client's certificate");
        Optional<Path> key = file(parameters, "sslkey", "name the file of the client's private key");
        Optional<String> password = parameters.takeText("sslpassword");
        if (hasCertificate != hasKey || (password.isPresent() && !hasKey)) {
            parameters
                    .flaws()
                    .add("sslcert and sslkey together", "name both files; sslpassword is for an encrypted key");
        }
        Optional<ClientCertificate> client =
                certificate.flatMap(chain -> key.map(secret -> new ClientCertificate(chain, secret, password)));
        return client.filter(shown -> isSecret(shown, parameters.flaws())).filter(_ -> isShown);
    }

    private static boolean isSecret(ClientCertificate client, Flaws flaws) {
        try {
            client.checkKey();
            return true;
        } catch (IOException unsafe) {
            flaws.add("sslkey that is a secret", String.valueOf(unsafe.getMessage()));
            return false;
        }
    }

    /**
     * Reads the files that encryption needs: without them, some modes would go on without encryption.
     *
     * @param isUnixSocket whether the connection is one, on which nothing is encrypted
     */
    static void checkFiles(PostgresTrust trust, boolean isUnixSocket, Flaws flaws) {
        boolean namesFiles =
                trust.rootCertificate().isPresent() || trust.client().isPresent();
        if (!namesFiles || !trust.attempts(isUnixSocket).contains(true)) {
            return;
        }
        try {
            TlsPolicy.load(trust);
        } catch (UnusableTrustException unusable) {
            flaws.add(unusable.parameters() + " that can be used", unusable.reason());
        }
    }

    private static TlsVersions versions(PostgresParameters parameters) {
        int min = version(parameters, "ssl_min_protocol_version", 0);
        int max = version(parameters, "ssl_max_protocol_version", VERSIONS.size() - 1);
        List<String> spoken = VERSIONS.subList(min, Math.max(min, max + 1)).stream()
                .filter(TlsVersions.DEFAULT.names()::contains)
                .toList();
        if (spoken.isEmpty()) {
            parameters
                    .flaws()
                    .add(
                            "ssl_min_protocol_version and ssl_max_protocol_version with TLSv1.2 or TLSv1.3 between them",
                            "leave both out");
            return TlsVersions.DEFAULT;
        }
        return new TlsVersions(spoken);
    }

    private static int version(PostgresParameters parameters, String name, int absent) {
        Optional<String> text = parameters.takeText(name);
        for (int i = 0; i < VERSIONS.size(); i++) {
            if (VERSIONS.get(i).equalsIgnoreCase(text.orElse(""))) {
                return i;
            }
        }
        if (text.isPresent()) {
            parameters.flaws().add(name + " TLSv1.2 or TLSv1.3");
        }
        return absent;
    }

    private static ChannelBinding channelBinding(PostgresParameters parameters) {
        String text = parameters.take("channel_binding").orElse("prefer");
        Optional<ChannelBinding> binding = Arrays.stream(ChannelBinding.values())
                .filter(candidate -> candidate.name().equals(text.toUpperCase(Locale.ROOT)))
                .findFirst();
        if (binding.isEmpty()) {
            parameters.flaws().add("channel_binding disable, prefer or require");
        }
        return binding.orElse(ChannelBinding.PREFER);
    }

    private static Optional<Path> file(PostgresParameters parameters, String name, String fix) {
        Optional<String> text = parameters.take(name);
        Optional<Path> file = text.flatMap(TrustParameters::readableFile);
        if (text.isPresent() && file.isEmpty()) {
            String form = name.equals("sslkey") ? "file" : "PEM file";
            parameters.flaws().add(name + " naming a readable " + form, fix);
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

    private static String named(PostgresTrust trust) {
        if (trust.rootCertificate().isEmpty()) {
            return "sslcert has";
        }
        return trust.client().isEmpty() ? ROOT_CERTIFICATE + " has" : ROOT_CERTIFICATE + " and sslcert have";
    }

    /**
     * What of it protects less than it seems to.
     *
     * @param isUnixSocket whether the connection is one, on which nothing is encrypted
     */
    static List<String> warnings(PostgresTrust trust, boolean isUnixSocket) {
        List<String> warnings = new ArrayList<>();
        String mode = "sslmode=" + trust.sslMode().label();
        boolean namesFiles =
                trust.rootCertificate().isPresent() || trust.client().isPresent();
        if (isUnixSocket) {
            if (namesFiles || trust.attempts(false).equals(List.of(true))) {
                warnings.add(
                        trust.setting() + ": " + mode + " has no effect on a unix socket, where nothing is encrypted");
            }
        } else if (trust.sslMode() == SslMode.DISABLE && namesFiles) {
            warnings.add(trust.setting() + ": " + named(trust) + " no effect with " + mode);
        } else if (trust.rootCertificate().isPresent() && trust.attempts(false).contains(false)) {
            warnings.add(
                    trust.setting() + ": with " + mode + " a server that sslrootcert does not trust is used without"
                            + " encryption; sslmode=verify-full refuses it");
        }
        return warnings;
    }
}
