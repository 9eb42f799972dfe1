package dev.hotcold.verify;

/**
 * How cached users are compared with the database all the time.
 *
 * @param usersPerSecond how many cached users are compared; 0 = none
 */
public record VerifySettings(int usersPerSecond) {}
