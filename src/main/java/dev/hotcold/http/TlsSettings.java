package dev.hotcold.http;

import java.nio.file.Path;
import java.util.Optional;

/**
 * HTTPS instead of HTTP.
 *
 * @param certificates PEM file of the server's certificate and those between it and its authority, in this order
 * @param key PEM file of the private key of the first certificate, not encrypted
 * @param clientAuthority PEM file of the authorities that sign clients' certificates, of which one is then required;
 *     empty: none is asked for
 */
public record TlsSettings(Path certificates, Path key, Optional<Path> clientAuthority) {}
