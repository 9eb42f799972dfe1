package dev.hotcold.config.settings;

import dev.hotcold.config.parse.Masking;
import java.nio.file.Path;
import java.util.List;

/** The embedded servers, which stand in for whichever of DATABASE_URL and REDIS_ADDR is unset. */
public final class LocalDefinitions {
    public static final Setting<Path> LOCAL_DATA_DIR = new Setting<>(
            "LOCAL_DATA_DIR",
            ".local",
            "directory, made when missing",
            "data directory of the embedded servers; relative to the project",
            Masking::plain,
            SettingKinds::directory);

    static final SettingGroup GROUP = new SettingGroup("Local", List.of(LOCAL_DATA_DIR), """
            Whichever of `DATABASE_URL` and `REDIS_ADDR` is unset is started by the service itself, embedded.
            """);

    private LocalDefinitions() {}
}
