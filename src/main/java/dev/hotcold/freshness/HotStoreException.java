package dev.hotcold.freshness;

/** A blocking call to the hot store failed. */
public final class HotStoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message for an operator, without secrets */
    public HotStoreException(String message) {
        super(message, null, false, false);
    }
}
