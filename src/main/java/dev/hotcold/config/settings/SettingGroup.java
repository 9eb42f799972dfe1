package dev.hotcold.config.settings;

import java.util.List;

/**
 * Settings that are documented together.
 *
 * @param title heading of the group in the documentation
 * @param settings in the order they are documented
 * @param notes what the rows of a table cannot say, in Markdown; empty: nothing
 */
public record SettingGroup(String title, List<Setting<?>> settings, String notes) {
    public SettingGroup {
        settings = List.copyOf(settings);
    }
}
