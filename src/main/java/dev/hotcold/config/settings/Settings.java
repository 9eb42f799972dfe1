package dev.hotcold.config.settings;

import java.util.List;

/** All settings. Each group's definitions are the one place that says names, defaults, ranges and meanings. */
public final class Settings {

    /** Every group, in the order they are documented. */
    public static final List<SettingGroup> GROUPS = List.of(
            HttpDefinitions.GROUP,
            TlsDefinitions.GROUP,
            PostgresDefinitions.GROUP,
            RedisDefinitions.GROUP,
            CacheDefinitions.GROUP,
            ChangeFeedDefinitions.GROUP,
            OperationsDefinitions.GROUP,
            LocalDefinitions.GROUP);

    /** Every setting, in the order they are documented. */
    public static final List<Setting<?>> ALL = GROUPS.stream()
            .<Setting<?>>flatMap(group -> group.settings().stream())
            .toList();

    private Settings() {}
}
