package dev.hotcold.http.access;

import java.util.Set;

/**
 * The origins whose pages may look users up from a browser (CORS). Immutable.
 *
 * @param all whether any origin may
 * @param listed those that may, as browsers write them in the header Origin; empty where all may, or none
 */
public record AllowedOrigins(boolean all, Set<String> listed) {

    /** Pages of other origins may not. */
    public static final AllowedOrigins NONE = new AllowedOrigins(false, Set.of());

    /** Every page may. */
    public static final AllowedOrigins ALL = new AllowedOrigins(true, Set.of());

    public AllowedOrigins {
        listed = Set.copyOf(listed);
    }

    /** Only these may. */
    public static AllowedOrigins of(Set<String> listed) {
        return new AllowedOrigins(false, listed);
    }

    /** Whether no origin may. */
    public boolean areNone() {
        return !all && listed.isEmpty();
    }

    /** Whether the answer to a request depends on its origin. */
    public boolean areListed() {
        return !listed.isEmpty();
    }

    /** Whether pages of this origin may. */
    public boolean include(String origin) {
        return all || listed.contains(origin);
    }
}
