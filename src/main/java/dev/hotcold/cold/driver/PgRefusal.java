package dev.hotcold.cold.driver;

/** PostgreSQL sent what it may not send, so that its connection is ended. Expected of no server, but of one that is hostile. */
final class PgRefusal extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param why words that go on "PostgreSQL" */
    PgRefusal(String why) {
        super(why, null, false, false);
    }
}
