package dev.hotcold.app.jdbc;

import java.io.Serial;
import java.sql.SQLException;
import java.util.Objects;

/** The schema could not be migrated; the message, one line for an operator, says where and why. */
public final class MigrationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final String NOT_ALLOWED = "42501";

    private final boolean isForSharedSessions;

    MigrationException(String message, Throwable cause) {
        super(message, cause);
        isForSharedSessions = false;
    }

    /** Of a pooler in between, which gives sessions to others. */
    MigrationException(String message) {
        super(message);
        isForSharedSessions = true;
    }

    /** Whether nothing was tried, since a pooler in between gives sessions to others. */
    public boolean isForSharedSessions() {
        return isForSharedSessions;
    }

    /** Whether all that is wrong is that the role may not. */
    public boolean isForWantOfRights() {
        for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refused && NOT_ALLOWED.equals(refused.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /** Never null, unlike that of other exceptions. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
