package dev.hotcold.lookup;

/** A store could not do what was asked of it. Expected in operation, so it carries no stack trace. */
public final class StoreFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final LookupObserver.Failure kind;

    public StoreFailure(LookupObserver.Failure kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    public LookupObserver.Failure kind() {
        return kind;
    }
}
