package dev.hotcold.cold.pool;

/**
 * A row of the table of users.
 *
 * @param userId the id that it was found by; one that was not asked for, where PostgreSQL has sent that
 * @param isOwn whether that is the row's own id, which may be written otherwise
 */
public record UserRow(String userId, boolean isOwn, String deeplink, String promoMessage) {

    /** A row that was found by its own id. */
    public UserRow(String userId, String deeplink, String promoMessage) {
        this(userId, true, deeplink, promoMessage);
    }
}
