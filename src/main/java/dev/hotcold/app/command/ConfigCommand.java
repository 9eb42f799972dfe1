package dev.hotcold.app.command;

import dev.hotcold.config.Effective;
import dev.hotcold.config.Loaded;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Shows the effective settings. */
@Command(name = "config", description = "Show the effective settings, secrets masked, and where each came from.")
final class ConfigCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.load();
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
        return loaded.isPresent() ? 0 : Environment.WRONG_SETTINGS;
    }
}
