package dev.hotcold.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Signals to processes that a test has started; one that has ended meanwhile gets none. */
public final class Signals {

    private Signals() {}

    /** The process stands still, its connections stay open. */
    public static void freeze(long pid) {
        send("STOP", pid);
    }

    /** The process goes on. */
    public static void thaw(long pid) {
        send("CONT", pid);
    }

    /** SIGINT. */
    public static void interrupt(long pid) {
        send("INT", pid);
    }

    /** SIGKILL for every process of a group. */
    public static void killGroup(long group) {
        run("kill -s KILL -- -" + group, group);
    }

    private static void send(String signal, long pid) {
        run("kill -s " + signal + " " + pid, pid);
    }

    private static void run(String command, long pid) {
        try {
            int exitCode =
                    new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
            if (exitCode != 0 && ProcessHandle.of(pid).isPresent()) {
                throw new IllegalStateException("failed: " + command);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
