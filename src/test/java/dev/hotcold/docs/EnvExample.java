package dev.hotcold.docs;

import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.SettingGroup;
import dev.hotcold.config.settings.Settings;
import java.util.stream.Collectors;

/** The file .env.example: every setting with its default. */
final class EnvExample {
    private static final String HEAD = """
            # All settings of hotcold-user-api with their defaults. Copy to .env and change what you need.
            # With a shell:    set -a; . ./.env; set +a; bin/hotcold
            # In a shell, quote values that hold spaces, & or other special characters.
            # An empty value counts as unset; spaces around a value are dropped.
            # Generated from dev.hotcold.config.settings; a test holds it to that.
            """;

    private EnvExample() {}

    static String render() {
        return Settings.GROUPS.stream().map(EnvExample::section).collect(Collectors.joining("", HEAD, ""));
    }

    private static String section(SettingGroup group) {
        return group.settings().stream()
                .map(EnvExample::entry)
                .collect(Collectors.joining("", "\n\n## " + group.title() + "\n", ""));
    }

    private static String entry(Setting<?> setting) {
        return "\n# %s\n# %s\n%s=%s\n"
                .formatted(
                        capitalised(setting.description()), setting.allowed(), setting.name(), setting.defaultText());
    }

    private static String capitalised(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
