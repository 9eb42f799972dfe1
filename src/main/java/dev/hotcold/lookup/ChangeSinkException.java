package dev.hotcold.lookup;

/** The hot store did not take what the change feed had for it, or another feed has taken over. */
public final class ChangeSinkException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message for an operator, without secrets */
    public ChangeSinkException(String message) {
        super(message, null, false, false);
    }
}
