package dev.hotcold.app.doctor;

import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.CredentialStatus.Kind;
import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.access.UnusableFileException;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.Optional;

/** The files that decide who may connect: certificate and key of the public port, authorities of clients, API keys. */
final class AccessChecks {

    private static final String RENEW =
            "renew TLS_CERT_FILE and TLS_KEY_FILE; a running service reads them again by itself";

    private AccessChecks() {}

    static void files(Findings findings, AccessSettings access) {
        if (access.tls().isEmpty() && access.apiKeys().isEmpty()) {
            findings.ok("plain HTTP, for everybody who reaches the port");
            return;
        }
        Vertx vertx = Vertx.vertx();
        try (Credentials credentials = Credentials.load(access, vertx)) {
            credentials
                    .identity()
                    .ifPresent(identity -> certificate(findings, credentials, identity.expiryWarning(Instant.now())));
            credentials
                    .problem(Kind.API_KEYS)
                    .ifPresentOrElse(
                            problem -> findings.fail(problem, "hotcold api-key NAME"),
                            () -> access.apiKeys().ifPresent(file -> findings.ok("lookups need a key of " + file)));
        } catch (UnusableFileException unusable) {
            findings.fail(
                    String.valueOf(unusable.getMessage()),
                    "let the setting name a file that can be read and holds what it is for");
        } finally {
            vertx.close().await();
        }
    }

    private static void certificate(Findings findings, Credentials credentials, Optional<String> expiry) {
        Optional<String> invalid = credentials.problem(Kind.CERTIFICATE);
        if (invalid.isPresent()) {
            findings.fail(invalid.get(), RENEW);
        } else if (expiry.isPresent()) {
            findings.warn("the certificate of TLS_CERT_FILE " + expiry.get(), RENEW);
        } else {
            findings.ok("the certificate of TLS_CERT_FILE is valid until "
                    + credentials.certificateEnd().orElseThrow());
        }
    }
}
