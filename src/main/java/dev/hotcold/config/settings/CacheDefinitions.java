package dev.hotcold.config.settings;

import static dev.hotcold.config.parse.WholeNumber.count;
import static dev.hotcold.config.parse.WholeNumber.milliseconds;
import static dev.hotcold.config.parse.WholeNumber.seconds;
import static dev.hotcold.config.settings.SettingKinds.choice;
import static dev.hotcold.config.settings.SettingKinds.duration;
import static dev.hotcold.config.settings.SettingKinds.flag;
import static dev.hotcold.config.settings.SettingKinds.number;

import dev.hotcold.hot.layout.CacheSettings.NegativeEntries;
import java.time.Duration;
import java.util.List;

/** What is cached, and for how long. */
public final class CacheDefinitions {
    public static final Setting<Duration> CACHE_TTL = duration(
            "CACHE_TTL_SECONDS",
            "3600",
            seconds(0, 31_536_000).zeroMeans("no expiry"),
            "soft TTL: how long a cached user is a hit");
    public static final Setting<Duration> CACHE_STALE = duration(
            "CACHE_STALE_SECONDS",
            "3600",
            seconds(0, 31_536_000).zeroMeans("not at all"),
            "how much longer it is kept (hard TTL), to be served should PostgreSQL fail (stale-if-error)");
    public static final Setting<Boolean> CACHE_BYPASS = flag(
            "CACHE_BYPASS",
            "off",
            "whether a request with Cache-Control: no-cache is answered by PostgreSQL, and Redis refreshed");
    public static final Setting<NegativeEntries> NEGATIVE_CACHE = choice(
            "NEGATIVE_CACHE",
            "auto",
            NegativeEntries.class,
            "whether absent users are cached as absent; auto: while the change feed runs");
    public static final Setting<Duration> NEGATIVE_TTL =
            duration("NEGATIVE_TTL_SECONDS", "30", seconds(1, 86_400), "TTL of such a negative entry");
    public static final Setting<Integer> NEAR_CACHE_ENTRIES = number(
            "NEAR_CACHE_ENTRIES",
            "0",
            count(0, 1_000_000).zeroMeans("none"),
            "hot users that each event loop keeps in its own memory, 4 KiB each at most; Redis invalidates them");
    public static final Setting<Duration> MAX_STALENESS = duration(
            "MAX_STALENESS_MS",
            "5000",
            milliseconds(0, 3_600_000).zeroMeans("nothing is demanded"),
            "how old a cached answer may be, by proof of the change feed; what is not proven is read from PostgreSQL");

    static final SettingGroup GROUP = new SettingGroup(
            "Cache",
            List.of(
                    CACHE_TTL,
                    CACHE_STALE,
                    CACHE_BYPASS,
                    NEGATIVE_CACHE,
                    NEGATIVE_TTL,
                    NEAR_CACHE_ENTRIES,
                    MAX_STALENESS),
            """
            Every TTL is up to 10 % shorter, at random, so that entries stored together do not expire together. Where
            `CACHE_STALE_SECONDS` is not 0, hot entries are refreshed just before their soft TTL (refresh ahead), so that their
            callers do not wait for PostgreSQL.

            With `CACHE_STALE_SECONDS` a value has a fourth member, `fresh_until` (the soft TTL), and its key lives that much
            longer (the hard TTL). Another service that reads the same keys without heeding it would serve the user that long: set
            0 there, and while instances of a version before it still run.

            `NEAR_CACHE_ENTRIES` needs Redis 6.2.7 and the command `CLIENT`; without them the service goes on without a near
            cache, and `/readyz` says why.

            `MAX_STALENESS_MS` demands nothing where the change feed is off, or lacks what it needs. The owner of the feed writes a
            beat into Redis every 50 ms, and each event loop polls it, so that answers are proven to be a fraction of a second old
            at most; 300 is the least that makes sense, and more where processors are busy. A feed that moves to another instance
            takes up to a second, or 4 where the owner's host died in silence: with less than the 5000 of the default, all lookups
            then read PostgreSQL for that long.
            """);

    private CacheDefinitions() {}
}
