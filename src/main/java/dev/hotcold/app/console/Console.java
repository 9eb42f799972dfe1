package dev.hotcold.app.console;

import dev.hotcold.log.Printable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What commands print. */
public final class Console {

    private Console() {}

    /** From now on both outputs are UTF-8, whatever the locale is: what is printed of users is to be what they are. */
    public static void printUtf8() {
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    }

    /** Prints to standard error why a command failed, on one line: it may quote what a server said. */
    public static void error(String why) {
        System.err.println("error: " + Printable.line(why));
    }

    /** Prints to standard error what does not keep a command from working. */
    public static void warning(String what) {
        System.err.println("warning: " + Printable.line(what));
    }
}
