package dev.hotcold.http.request;

/** Why a request is answered with an error before it is looked at, and the connection closed. Carries no stack trace. */
public final class RefusedRequestException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    /** @param status of the response */
    RefusedRequestException(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** The status of the response. */
    public int status() {
        return status;
    }
}
