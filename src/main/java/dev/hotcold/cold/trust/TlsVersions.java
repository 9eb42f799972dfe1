package dev.hotcold.cold.trust;

import java.util.List;

/**
 * Which versions of TLS are spoken, as the JDK names them.
 *
 * @param names in ascending order, at least one
 */
public record TlsVersions(List<String> names) {

    /** All that this service speaks. */
    public static final TlsVersions DEFAULT = new TlsVersions(List.of("TLSv1.2", "TLSv1.3"));
}
