package dev.hotcold.config;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.local.LocalSettings;
import dev.hotcold.lookup.LookupSettings;
import dev.hotcold.ops.ManagementSettings;

/**
 * All settings, validated, one record per component.
 */
public record Config(
        HttpSettings http,
        LookupSettings lookup,
        PostgresSettings postgres,
        RedisSettings redis,
        ManagementSettings management,
        LocalSettings local) {}
