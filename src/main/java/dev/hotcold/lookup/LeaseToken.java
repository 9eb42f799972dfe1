package dev.hotcold.lookup;

/**
 * The proof of a lease: the right to fill one user, which ends by itself after a while, or with a change of the user.
 *
 * @param value unique among all leases ever granted; ASCII
 */
public record LeaseToken(String value) {}
