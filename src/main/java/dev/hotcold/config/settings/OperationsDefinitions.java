package dev.hotcold.config.settings;

import static dev.hotcold.config.parse.WholeNumber.count;
import static dev.hotcold.config.parse.WholeNumber.port;
import static dev.hotcold.config.parse.WholeNumber.seconds;
import static dev.hotcold.config.settings.SettingKinds.autoOrDuration;
import static dev.hotcold.config.settings.SettingKinds.autoOrOff;
import static dev.hotcold.config.settings.SettingKinds.number;

import dev.hotcold.config.parse.HostPort;
import dev.hotcold.config.parse.Masking;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Verification, the management port, and how sockets are used. */
public final class OperationsDefinitions {
    public static final Setting<Integer> VERIFY_USERS_PER_SECOND = number(
            "VERIFY_USERS_PER_SECOND",
            "10",
            count(0, 10_000).zeroMeans("none"),
            "cached users compared with PostgreSQL per second, all the time; of several instances by the one that follows changes");
    public static final Setting<String> MANAGEMENT_HOST = new Setting<>(
            "MANAGEMENT_HOST",
            "127.0.0.1",
            "host name or address",
            "address that metrics and health are served on",
            Masking::plain,
            HostPort::parseHost);
    public static final Setting<Integer> MANAGEMENT_PORT =
            number("MANAGEMENT_PORT", "9090", port(), "port that metrics and health are served on; not PORT's");
    public static final Setting<Optional<Duration>> SHUTDOWN_DELAY = autoOrDuration(
            "SHUTDOWN_DELAY_SEC",
            seconds(0, 300),
            "7 where /readyz is asked again and again, else 0",
            "how long SIGTERM leaves the service serving, no longer ready, before it drains, so that balancers take notice");
    public static final Setting<Boolean> IO_URING = autoOrOff(
            "IO_URING",
            "whether sockets use io_uring instead of epoll; auto: on Linux 6 or newer, if the kernel allows it");

    static final SettingGroup GROUP = new SettingGroup(
            "Operations",
            List.of(VERIFY_USERS_PER_SECOND, MANAGEMENT_HOST, MANAGEMENT_PORT, SHUTDOWN_DELAY, IO_URING),
            """
            Ctrl-C and a second SIGTERM do without `SHUTDOWN_DELAY_SEC`. Whatever ends the process must leave it that long and five
            seconds more: [rolling restarts](proxies.md#rolling-restarts).
            """);

    private OperationsDefinitions() {}
}
