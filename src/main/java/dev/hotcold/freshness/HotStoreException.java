package dev.hotcold.freshness;

/** The hot store did not do what one who may block asked of it. */
public final class HotStoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message for an operator, without secrets */
    public HotStoreException(String message) {
        super(message, null, false, false);
    }
}
