package dev.hotcold.matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The outcome of each cell as it was last seen with one major version of PostgreSQL: a file with a line for each. */
public final class Ledger {

    private final Path file;
    private final Map<String, String> lines = new TreeMap<>();

    private Ledger(Path file) {
        this.file = file;
    }

    /** Reads it; an empty one where there is none yet. */
    public static Ledger of(int version) {
        Ledger ledger = new Ledger(Path.of("src/test/resources/dev/hotcold/matrix/postgresql-" + version + ".tsv"));
        if (Files.exists(ledger.file)) {
            try {
                for (String line : Files.readAllLines(ledger.file)) {
                    int tab = line.indexOf('\t');
                    ledger.lines.put(line.substring(0, tab), line.substring(tab + 1));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ledger;
    }

    /** What is recorded; empty = nothing. */
    public Optional<Outcome> outcome(Cell cell) {
        return Optional.ofNullable(lines.get(cell.name())).map(line -> {
            String[] parts = line.split("\t", -1);
            return new Outcome(Outcome.Kind.valueOf(parts[0]), parts[1]);
        });
    }

    void put(Cell cell, Outcome outcome) {
        lines.put(cell.name(), outcome.kind() + "\t" + outcome.reason());
    }

    void write() throws IOException {
        Files.createDirectories(file.getParent());
        List<String> written = lines.entrySet().stream()
                .map(line -> line.getKey() + "\t" + line.getValue())
                .toList();
        Files.write(file, written);
    }
}
