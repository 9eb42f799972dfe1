package dev.hotcold.http.access;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What decides who may connect and look up.
 *
 * @param tls empty: plain HTTP
 * @param apiKeys file of the keys that lookups must present; empty: they need none
 * @param origins whose pages may look up from a browser
 */
public record AccessSettings(Optional<TlsSettings> tls, Optional<Path> apiKeys, AllowedOrigins origins) {

    /** Whether some clients get users and others do not. */
    public boolean isRestricted() {
        return apiKeys.isPresent() || tls.flatMap(TlsSettings::clientAuthority).isPresent();
    }
}
