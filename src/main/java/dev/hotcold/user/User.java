package dev.hotcold.user;

/**
 * A user as the database knows it.
 *
 * @param deeplink any text, also empty
 * @param promoMessage any text, also empty
 */
public record User(UserId id, String deeplink, String promoMessage) {}
