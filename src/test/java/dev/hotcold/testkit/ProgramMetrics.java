package dev.hotcold.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a running {@link Program} says of itself on its management port. */
public final class ProgramMetrics implements AutoCloseable {

    private final Program program;
    private final int port;
    private final Http http = Http.http1(1);

    private ProgramMetrics(Program program, int port) {
        this.program = program;
        this.port = port;
    }

    /** Those of a program that is up. */
    public static ProgramMetrics of(Program program) {
        String port = program.awaitOutput("localhost:(\\d+)/metrics").group(1);
        return new ProgramMetrics(program, Integer.parseInt(port));
    }

    /** How many files it has open, connections among them. */
    public long openFiles() {
        return (long) sum("process_files_open_files");
    }

    /** Bytes on its heap that are still in use after a full collection. */
    public long heapAfterCollection() {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        try {
            Process collection = new ProcessBuilder(jcmd.toString(), Long.toString(program.pid()), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (collection.waitFor() != 0) {
                throw new IllegalStateException("no collection");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return (long) sum("jvm_memory_used_bytes{area=\"heap\"");
    }

    /** The sum of all lines that begin so. */
    public double sum(String beginning) {
        String text = http.send("GET", port, "/metrics").await().body();
        Matcher lines = Pattern.compile("^" + Pattern.quote(beginning) + ".* (\\S+)$", Pattern.MULTILINE)
                .matcher(text);
        return lines.results()
                .mapToDouble(line -> Double.parseDouble(line.group(1)))
                .sum();
    }

    @Override
    public void close() {
        http.close();
    }
}
