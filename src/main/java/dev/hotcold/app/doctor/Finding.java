package dev.hotcold.app.doctor;

/**
 * One thing that was checked.
 *
 * @param area what it is about, such as redis
 * @param what was found
 * @param fix a setting, a statement or a command that mends it; "" = there is nothing to mend
 */
record Finding(Severity severity, String area, String what, String fix) {

    /** How bad it is. */
    enum Severity {
        /** As it should be. */
        OK,
        /** The service works, but not as well, not as long or not as safely as it could. */
        WARN,
        /** The service does not start, or does not do what the settings ask for. */
        FAIL
    }
}
