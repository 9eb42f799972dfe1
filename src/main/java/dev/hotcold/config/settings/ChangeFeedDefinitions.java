package dev.hotcold.config.settings;

import static dev.hotcold.config.parse.WholeNumber.count;
import static dev.hotcold.config.settings.SettingKinds.choice;
import static dev.hotcold.config.settings.SettingKinds.name;
import static dev.hotcold.config.settings.SettingKinds.number;

import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.config.parse.Masking;
import dev.hotcold.config.parse.postgres.PostgresUrl;
import java.util.List;

/** How changes in PostgreSQL are followed into Redis. */
public final class ChangeFeedDefinitions {
    public static final Setting<ChangeFeedSettings.Mode> CHANGE_FEED = choice(
            "CHANGE_FEED",
            "auto",
            ChangeFeedSettings.Mode.class,
            "whether changes in PostgreSQL are followed; auto: if PostgreSQL allows it; on: if not, do not start");
    public static final Setting<PostgresUrl> CHANGE_FEED_DATABASE_URL = new Setting<>(
            "CHANGE_FEED_DATABASE_URL",
            "",
            "postgres:// or postgresql:// URL; unset = that of DATABASE_URL",
            "PostgreSQL itself for the change feed, where DATABASE_URL names a connection pooler or another role",
            Masking::address,
            text -> PostgresUrl.parse("CHANGE_FEED_DATABASE_URL", text));
    public static final Setting<String> CHANGE_FEED_SLOT = name(
            "CHANGE_FEED_SLOT",
            "replication slot and publication of the change feed; the same for all instances with one REDIS_ADDR and"
                    + " REDIS_KEY_PREFIX, and another for others on the same PostgreSQL");
    public static final Setting<Integer> CHANGE_FEED_MAX_LAG = number(
            "CHANGE_FEED_MAX_LAG_MB",
            "1024",
            count(16, 1_000_000),
            "megabytes of WAL that the slot may hold back; beyond, the slot is dropped and the cache flushed");

    static final SettingGroup GROUP = new SettingGroup(
            "Change feed", List.of(CHANGE_FEED, CHANGE_FEED_DATABASE_URL, CHANGE_FEED_SLOT, CHANGE_FEED_MAX_LAG), """
            PostgreSQL 12 or newer with `wal_level = logical`, and a role with REPLICATION that reaches PostgreSQL itself and not
            a pooler. `hotcold migrate` creates publication and slot where the role may, and says what to run where it may not.
            """);

    private ChangeFeedDefinitions() {}
}
