package dev.hotcold.config.settings;

import static dev.hotcold.config.parse.WholeNumber.count;
import static dev.hotcold.config.parse.WholeNumber.seconds;
import static dev.hotcold.config.settings.SettingKinds.choice;
import static dev.hotcold.config.settings.SettingKinds.duration;
import static dev.hotcold.config.settings.SettingKinds.number;

import dev.hotcold.cold.pooler.Pooler;
import dev.hotcold.config.parse.Masking;
import dev.hotcold.config.parse.postgres.PostgresUrl;
import java.time.Duration;
import java.util.List;

/** Where PostgreSQL is, and its connection pool. */
public final class PostgresDefinitions {
    public static final Setting<PostgresUrl> DATABASE_URL = new Setting<>(
            "DATABASE_URL",
            "",
            PostgresUrl.ALLOWED,
            "where PostgreSQL is: user and password percent-encoded, then libpq's parameters, such as sslmode (prefer), options",
            Masking::address,
            text -> PostgresUrl.parse("DATABASE_URL", text));
    public static final Setting<Integer> PG_MAX_CONNS = number(
            "PG_MAX_CONNS",
            "24",
            count(1, 10_000),
            "upper bound of the PostgreSQL connection pool, shared out over the event loops; also of queries in flight");
    public static final Setting<Duration> PG_HEALTHCHECK_PERIOD = duration(
            "PG_HEALTHCHECK_PERIOD_SEC",
            "30",
            seconds(1, 3_600),
            "how often PostgreSQL is probed, and pooled connections that are too old or idle are closed");
    public static final Setting<Duration> PG_MAX_CONN_IDLE_TIME = duration(
            "PG_MAX_CONN_IDLE_TIME_SEC",
            "300",
            seconds(0, 86_400).zeroMeans("no limit"),
            "a pooled PostgreSQL connection idle for this long is closed");
    public static final Setting<Duration> PG_MAX_CONN_LIFETIME = duration(
            "PG_MAX_CONN_LIFETIME_SEC",
            "3600",
            seconds(0, 604_800).zeroMeans("no limit"),
            "a pooled PostgreSQL connection older than this, less up to a tenth at random, is closed once it is idle");
    public static final Setting<Pooler> PG_POOLER = choice(
            "PG_POOLER",
            "auto",
            Pooler.class,
            "the mode of a connection pooler in front of PostgreSQL: whether a session stays that of its client; auto: found out");

    static final SettingGroup GROUP = new SettingGroup(
            "PostgreSQL",
            List.of(
                    DATABASE_URL,
                    PG_MAX_CONNS,
                    PG_HEALTHCHECK_PERIOD,
                    PG_MAX_CONN_IDLE_TIME,
                    PG_MAX_CONN_LIFETIME,
                    PG_POOLER),
            """
            Misses are batched into one query, so each event loop keeps up to three connections, and `PG_MAX_CONNS` is a bound
            rather than a size. There are as many event loops as cores, but no more than `PG_MAX_CONNS`.

            `DATABASE_URL` is read as libpq reads a connection URI; [stores](stores.md#what-database_url-may-say) lists its
            parameters. One that has no effect here is an error at the start, which names it. Where it names a pooler,
            [poolers](stores.md#poolers) says what `PG_POOLER` changes.
            """);

    private PostgresDefinitions() {}
}
