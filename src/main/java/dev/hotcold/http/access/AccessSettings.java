package dev.hotcold.http.access;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that decide who may connect and look up.
 *
 * @param tls empty: plain HTTP
 * @param apiKeys file of the keys that lookups must present; empty: they need none
 */
public record AccessSettings(Optional<TlsSettings> tls, Optional<Path> apiKeys) {}
