package dev.hotcold.lookup;

/** A store could not serve a request. Expected in operation, so it carries no stack trace. */
public final class StoreFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param store its name, for the message */
    public StoreFailure(String store, LookupObserver.Failure kind) {
        super(store + ": " + kind, null, false, false);
    }
}
