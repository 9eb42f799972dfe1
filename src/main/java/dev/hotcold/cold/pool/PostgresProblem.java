package dev.hotcold.cold.pool;

/** PostgreSQL could not be reached. Expected in operation, so it carries no stack trace. */
public final class PostgresProblem extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param why for an operator, without secrets */
    public PostgresProblem(String why) {
        super(why, null, false, false);
    }
}
