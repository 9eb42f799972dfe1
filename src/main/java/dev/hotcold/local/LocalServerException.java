package dev.hotcold.local;

import java.io.Serial;
import java.util.Objects;

/** An embedded server cannot start; the message is written for the person at the terminal and says what to change. */
public final class LocalServerException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    LocalServerException(String message) {
        super(message);
    }

    LocalServerException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Never null, unlike that of other exceptions. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
