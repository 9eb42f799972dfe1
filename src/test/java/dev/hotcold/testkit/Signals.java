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

    private static void send(String signal, long pid) {
        try {
            int exitCode = new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + pid)
                    .inheritIO()
                    .start()
                    .waitFor();
            if (exitCode != 0 && ProcessHandle.of(pid).isPresent()) {
                throw new IllegalStateException("no " + signal + " for process " + pid);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
