package dev.hotcold.app.command;

import dev.hotcold.log.Printable;

/** What commands tell of their failures, on standard error. */
final class Console {

    private Console() {}

    /** Prints why a command failed, on one line: it may quote what a server said. */
    static void error(String why) {
        System.err.println("error: " + Printable.line(why));
    }

    /** Prints what does not keep a command from working. */
    static void warning(String what) {
        System.err.println("warning: " + Printable.line(what));
    }
}
