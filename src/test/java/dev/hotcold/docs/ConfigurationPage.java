package dev.hotcold.docs;

import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.SettingGroup;
import dev.hotcold.config.settings.Settings;
import java.util.stream.Collectors;

/** The page docs/operate/configuration.md: every setting, group by group. */
final class ConfigurationPage {
    private static final String HEAD = """
            <!-- Generated from config.settings; to update: bin/maven -q test -Dtest=DocumentationTest -Dupdate=true -->

            # Configuration

            Settings are environment variables. An empty value counts as unset, white space around a value is dropped. All
            problems are reported at once, with exit code 2; a variable that has the prefix of a setting and is none is warned
            about. `bin/hotcold config` prints the settings in effect, secrets masked, and where each came from.
            [.env.example](../../.env.example) holds all of them with their defaults.
            """;

    private ConfigurationPage() {}

    static String render() {
        return Settings.GROUPS.stream().map(ConfigurationPage::section).collect(Collectors.joining("", HEAD, ""));
    }

    private static String section(SettingGroup group) {
        String table = group.settings().stream()
                .map(ConfigurationPage::row)
                .collect(Collectors.joining(
                        "", "| variable | default | allowed | what it does |\n|---|---|---|---|\n", ""));
        return "\n## " + group.title() + "\n\n" + table + (group.notes().isEmpty() ? "" : "\n" + group.notes());
    }

    private static String row(Setting<?> setting) {
        return "| `%s` | %s | %s | %s |\n"
                .formatted(setting.name(), defaultOf(setting), setting.allowed(), setting.description());
    }

    private static String defaultOf(Setting<?> setting) {
        return setting.defaultText().isEmpty() ? "unset" : "`" + setting.defaultText() + "`";
    }
}
