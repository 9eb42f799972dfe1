package dev.hotcold.config;

import java.util.stream.Collectors;

/** The table of README.md: every setting with its default. */
final class SettingsTable {

    private SettingsTable() {}

    /** One row per setting: name, default, what is allowed, what it does. */
    static String render() {
        return Settings.ALL.stream()
                .map(setting -> "| `%s` | %s | %s | %s |\n"
                        .formatted(setting.name(), defaultOf(setting), setting.allowed(), setting.description()))
                .collect(Collectors.joining(
                        "", "| variable | default | allowed | what it does |\n|---|---|---|---|\n", ""));
    }

    private static String defaultOf(Setting<?> setting) {
        return setting.defaultText().isEmpty() ? "unset" : "`" + setting.defaultText() + "`";
    }
}
