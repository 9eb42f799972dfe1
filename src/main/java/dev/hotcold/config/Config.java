package dev.hotcold.config;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.local.LocalSettings;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.ops.ManagementSettings;
import dev.hotcold.verify.VerifySettings;

/**
 * All settings, validated, one record per component.
 *
 * @param changeFeedPostgres the server as the change feed reaches it; the same as {@code postgres} unless set apart
 * @param ioUring whether the event loops run on io_uring, if the kernel allows it
 */
public record Config(
        HttpSettings http,
        RequestBudget budget,
        PostgresSettings postgres,
        PostgresSettings changeFeedPostgres,
        RedisSettings redis,
        ChangeFeedSettings changeFeed,
        VerifySettings verify,
        ManagementSettings management,
        LocalSettings local,
        boolean ioUring) {}
