package dev.hotcold.app.jdbc;

import java.io.Serial;
import java.util.Objects;

/** The schema could not be migrated; the message, one line for an operator, says where and why. */
public final class MigrationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    MigrationException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Never null, unlike that of other exceptions. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
