package dev.hotcold.testkit;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The program in a JVM of its own, with the tests' class path and with no variable in its environment but those given,
 * PATH, HOME and IO_URING. Closing it kills it.
 */
public final class Program implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /** Runs a command in a process group of its own, under the same process id; macOS has perl instead of setsid. */
    private static final List<String> OWN_GROUP = List.of(
            "sh",
            "-c",
            "command -v setsid >/dev/null && exec setsid \"$@\"; exec perl -e 'setpgrp; exec @ARGV' \"$@\"",
            "sh");

    /** What is started in the background ignores SIGINT, and so does what it starts; macOS has perl instead of that env. */
    private static final List<String> AT_TERMINAL = List.of(
            "sh",
            "-c",
            "env --default-signal=INT true 2>/dev/null && exec env --default-signal=INT \"$@\";"
                    + " exec perl -e '$SIG{INT} = \"DEFAULT\"; exec @ARGV' \"$@\"",
            "sh");

    private final Process process;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<Thread> readers;

    private Program(Process process) {
        this.process = process;
        this.readers = List.of(
                Thread.ofVirtual().start(() -> copy(process.inputReader(StandardCharsets.UTF_8), out)),
                Thread.ofVirtual().start(() -> copy(process.errorReader(StandardCharsets.UTF_8), err)));
    }

    /** What a program that has ended left behind. */
    public record Ended(int exitCode, String out, String err) {}

    /** Starts the program. */
    public static Program start(Map<String, String> environment, String... arguments) {
        return start(List.of(), environment, arguments);
    }

    /** Starts the program with more options for its JVM. */
    public static Program start(List<String> jvmOptions, Map<String, String> environment, String... arguments) {
        return start(List.of(), jvmOptions, environment, arguments);
    }

    private static Program start(
            List<String> wrapper, List<String> jvmOptions, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.hotcold.app.command.Main"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().retainAll(List.of("PATH", "HOME", "IO_URING"));
        builder.environment().putAll(environment);
        try {
            return new Program(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the program as the first process of a process group of its own, for {@link #killGroup()}. */
    public static Program startInOwnGroup(Map<String, String> environment, String... arguments) {
        return start(OWN_GROUP, List.of(), environment, arguments);
    }

    /** Starts the program as a shell does at a terminal: Ctrl-C reaches it even where this process ignores it. */
    public static Program startAtTerminal(Map<String, String> environment, String... arguments) {
        return start(AT_TERMINAL, List.of(), environment, arguments);
    }

    /**
     * Whether {@link #startInNamespace} works here: it takes the rights of root, and Linux.
     */
    public static boolean canMount() {
        try {
            Process trial = new ProcessBuilder("unshare", "--mount", "sh", "-c", "mount -o remount,bind,ro /")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return trial.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) && trial.exitValue() == 0;
        } catch (IOException noSuchProgram) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /**
     * Starts the program with file systems of its own.
     *
     * @param mount a command of the shell that makes them, seen by nobody else
     */
    public static Program startInNamespace(
            String mount, List<String> jvmOptions, Map<String, String> environment, String... arguments) {
        return start(
                List.of("unshare", "--mount", "sh", "-c", mount + " && exec \"$@\"", "sh"),
                jvmOptions,
                environment,
                arguments);
    }

    /** Runs the program to its end. */
    public static Ended run(Map<String, String> environment, String... arguments) {
        return run(List.of(), environment, arguments);
    }

    /** The same with more options for its JVM. */
    public static Ended run(List<String> jvmOptions, Map<String, String> environment, String... arguments) {
        try (Program program = start(jvmOptions, environment, arguments)) {
            return program.awaitEnd();
        }
    }

    /** The same with a text on its standard input. */
    public static Ended runWithInput(String input, Map<String, String> environment, String... arguments) {
        try (Program program = start(List.of(), environment, arguments)) {
            try (Writer in = program.process.outputWriter(StandardCharsets.UTF_8)) {
                in.write(input);
            } catch (IOException ended) {
                // It has not read all of it; what it says tells why.
            }
            return program.awaitEnd();
        }
    }

    /** Starts the program as a process that may open so many files. */
    public static Program startWithFiles(int most, Map<String, String> environment) {
        return startInShell("ulimit -n " + most, List.of(), environment);
    }

    /** Runs the program to its end, after a command of the shell, such as one that sets limits. */
    public static Ended runAfter(
            String command, List<String> jvmOptions, Map<String, String> environment, String... arguments) {
        try (Program program = startInShell(command, jvmOptions, environment, arguments)) {
            return program.awaitEnd();
        }
    }

    private static Program startInShell(
            String command, List<String> jvmOptions, Map<String, String> environment, String... arguments) {
        return start(List.of("sh", "-c", command + " && exec \"$@\"", "sh"), jvmOptions, environment, arguments);
    }

    /** Waits for what a regular expression finds in the standard output. */
    public MatchResult awaitOutput(String regex) {
        Pattern pattern = Pattern.compile(regex);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            boolean isAlive = process.isAlive();
            Optional<MatchResult> found =
                    pattern.matcher(out.toString()).results().findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            if (!isAlive) {
                break;
            }
            waitFor(Duration.ofMillis(20));
        }
        throw new AssertionError("no " + regex + " in the output: " + out + err);
    }

    /** Waits until the service is up, and returns its public port. */
    public int awaitPort() {
        return Integer.parseInt(awaitOutput("is up\\. Try:\\s+curl -i 'https?://localhost:(\\d+)/")
                .group(1));
    }

    /** What it has printed to the standard error so far. */
    public String err() {
        return err.toString();
    }

    public long pid() {
        return process.pid();
    }

    /** SIGTERM. */
    public void terminate() {
        // By its handle: the process itself would be cut off from its output too.
        process.toHandle().destroy();
    }

    /** SIGINT, as Ctrl-C sends it; only to one started by {@link #startAtTerminal}. */
    public void interrupt() {
        Signals.interrupt(process.pid());
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for the end. */
    public Ended awaitEnd() {
        if (!waitFor(PATIENCE)) {
            throw new AssertionError("does not end: " + out + err);
        }
        for (Thread reader : readers) {
            join(reader);
        }
        return new Ended(process.exitValue(), out.toString(), err.toString());
    }

    private boolean waitFor(Duration time) {
        try {
            return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void copy(Reader from, StringWriter to) {
        try (from) {
            from.transferTo(to);
        } catch (IOException e) {
            to.append(e.toString());
        }
    }

    /** SIGKILL for every process of the program's group; only for one started by {@link #startInOwnGroup}. */
    public void killGroup() {
        Signals.killGroup(process.pid());
        process.onExit().join();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
