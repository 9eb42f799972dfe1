package dev.hotcold.verify;

/**
 * The comparison of cache and database that runs all the time.
 *
 * @param usersPerSecond how many cached users are compared; 0 = none
 */
public record VerifySettings(int usersPerSecond) {}
