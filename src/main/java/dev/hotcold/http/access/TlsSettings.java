package dev.hotcold.http.access;

import java.nio.file.Path;
import java.util.Optional;

/**
 * HTTPS instead of HTTP.
 *
 * @param certificates PEM file of the server's certificate and its intermediate certificates, in this order
 * @param key PEM file of the private key of the first certificate, not encrypted
 * @param clientAuthority PEM file of the authorities that sign clients' certificates; empty: clients need no certificate
 */
public record TlsSettings(Path certificates, Path key, Optional<Path> clientAuthority) {}
