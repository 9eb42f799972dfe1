package dev.hotcold.app;

/** The service cannot start; the message, written for an operator, says why and names the setting to change. */
public final class StartFailure extends Exception {

    private static final long serialVersionUID = 1L;

    public StartFailure(String message) {
        super(message);
    }
}
