package dev.hotcold.cold.pool;

/**
 * A row of the table of users.
 *
 * @param userId as PostgreSQL sent it, which may be another than was looked up
 */
public record UserRow(String userId, String deeplink, String promoMessage) {}
