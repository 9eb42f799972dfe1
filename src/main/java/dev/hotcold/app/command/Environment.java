package dev.hotcold.app.command;

import dev.hotcold.app.files.SettingFiles;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.config.Problem;
import java.util.List;
import java.util.Optional;

/** Loads the settings for a command and prints what is wrong with them. */
final class Environment {

    /** Exit code for wrong settings. */
    static final int WRONG_SETTINGS = 2;

    private Environment() {}

    /** The same, and reads the files that the settings name. */
    static Optional<Loaded.Valid> loadWithFiles() {
        Optional<Loaded.Valid> loaded = load();
        List<String> problems =
                loaded.map(valid -> SettingFiles.problems(valid.config())).orElse(List.of());
        problems.forEach(Console::error);
        return problems.isEmpty() ? loaded : Optional.empty();
    }

    /** Reads the process environment; empty when the settings are wrong, and then the problems are printed. */
    static Optional<Loaded.Valid> load() {
        Loaded loaded = ConfigLoader.load(System.getenv());
        loaded.warnings().forEach(Console::warning);
        return switch (loaded) {
            case Loaded.Valid valid -> Optional.of(valid);
            case Loaded.Invalid invalid -> {
                for (Problem problem : invalid.problems()) {
                    Console.error(problem.text());
                }
                yield Optional.empty();
            }
        };
    }
}
