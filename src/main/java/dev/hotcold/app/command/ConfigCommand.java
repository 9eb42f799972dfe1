package dev.hotcold.app.command;

import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.files.SettingFiles;
import dev.hotcold.config.Effective;
import dev.hotcold.config.Loaded;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows the effective settings. */
@Command(
        name = "config",
        description = {
            "Show the effective settings, secrets masked, and where each came from.",
            "Reads the files that they name, too. Exit code 2: a setting or a file cannot be used."
        })
final class ConfigCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.load();
        List<String> problems =
                loaded.map(valid -> SettingFiles.problems(valid.config())).orElse(List.of());
        loaded.ifPresent(valid -> {
            int width = valid.effective().stream()
                    .mapToInt(setting -> setting.name().length())
                    .max()
                    .orElse(0);
            for (Effective setting : valid.effective()) {
                System.out.printf(
                        "%-" + width + "s = %-40s # %s%n",
                        setting.name(),
                        setting.shownValue(),
                        setting.origin().label());
            }
        });
        problems.forEach(Console::error);
        return loaded.isPresent() && problems.isEmpty() ? 0 : Environment.WRONG_SETTINGS;
    }
}
