package dev.hotcold.app.doctor;

import dev.hotcold.app.doctor.Finding.Severity;
import dev.hotcold.app.jdbc.FeedJdbc;
import dev.hotcold.changefeed.ChangeFeed;
import dev.hotcold.changefeed.ChangeFeedSettings;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.JdbcSlotCatalog;
import dev.hotcold.changefeed.postgres.SlotHeadroom;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.config.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** What the change feed needs in PostgreSQL. */
final class FeedChecks {

    private static final long MB = 1 << 20;

    private FeedChecks() {}

    static void all(Findings findings, Config config) {
        ChangeFeedSettings feed = config.freshness().changeFeed();
        if (feed.mode() == ChangeFeedSettings.Mode.OFF) {
            findings.ok("is off: changes are visible after CACHE_TTL_SECONDS");
            return;
        }
        FeedDatabase database = FeedJdbc.of(
                config.freshness().changeFeedPostgres(), config.stores().postgres());
        try {
            Optional<String> missing = ChangeFeed.missing(database, feed);
            if (missing.isPresent()) {
                // With CHANGE_FEED=auto the service runs without it.
                findings.advice(
                        feed.mode() == ChangeFeedSettings.Mode.ON ? Severity.FAIL : Severity.WARN,
                        "changes cannot be followed, since " + missing.get());
                return;
            }
            findings.ok("PostgreSQL allows it");
            try (Connection connection = database.connect()) {
                slot(findings, connection, feed);
            }
        } catch (SQLException failure) {
            findings.fail(
                    "cannot connect to " + database + ": " + failure.getMessage(),
                    "let CHANGE_FEED_DATABASE_URL, or else DATABASE_URL, name the primary");
        }
    }

    private static void slot(Findings findings, Connection connection, ChangeFeedSettings feed) throws SQLException {
        SlotHeadroom headroom = SlotHeadroom.read(connection);
        Optional<SlotState> state = new JdbcSlotCatalog(connection, feed.slot()).state();
        String drop = "SELECT pg_drop_replication_slot('" + feed.slot() + "');";
        if (state.isPresent()) {
            tell(findings, state.get(), feed, drop);
        } else if (headroom.usedSlots() >= headroom.slots()) {
            findings.fail(
                    "all " + headroom.slots() + " replication slots are taken (max_replication_slots)",
                    headroom.idleSlots().stream()
                                    .findFirst()
                                    .map(idle -> "SELECT pg_drop_replication_slot('" + idle
                                            + "'); if nobody will follow that one; or ")
                                    .orElse("")
                            + "ALTER SYSTEM SET max_replication_slots = " + (headroom.slots() + 4)
                            + "; and restart PostgreSQL");
        } else {
            findings.ok("the slot " + feed.slot() + " is made by `hotcold migrate`, or when the service starts");
        }
        if (state.filter(SlotState::isHeld).isEmpty() && headroom.usedSenders() >= headroom.senders()) {
            findings.fail(
                    "all " + headroom.senders() + " senders of PostgreSQL's log are taken (max_wal_senders)",
                    "ALTER SYSTEM SET max_wal_senders = " + (headroom.senders() + 4) + "; and restart PostgreSQL");
        }
        kept(findings, headroom, feed.maxLagBytes() / MB);
    }

    private static void tell(Findings findings, SlotState state, ChangeFeedSettings feed, String drop) {
        String name = "the slot " + feed.slot();
        long lag = state.lagBytes() / MB;
        switch (state.phase()) {
            case FOLLOWED -> findings.ok(name + " is followed, " + lag + " MB behind");
            case FREE -> {
                if (state.lagBytes() > feed.maxLagBytes() / 2) {
                    findings.warn(
                            "nobody follows " + name + ", and PostgreSQL keeps " + lag + " MB of its log for it",
                            drop + " or start the service");
                } else {
                    findings.ok(name + " is there, nobody follows it, and it is " + lag + " MB behind");
                }
            }
            case CREATING ->
                findings.warn(
                        name + " is being made, which waits for the end of all transactions that are open",
                        "SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start; and end the oldest");
            case FOREIGN ->
                findings.fail(
                        name + " belongs to another plug-in or database",
                        drop + " if nobody needs that, or another CHANGE_FEED_SLOT");
            case COPY -> findings.warn(name + " is a standby's copy", "let the URL name the primary");
            case INVALIDATED ->
                findings.warn(
                        "PostgreSQL has removed log that " + name
                                + " needs: the service makes another one, and flushes Redis",
                        drop);
        }
    }

    private static void kept(Findings findings, SlotHeadroom headroom, long maxLag) {
        if (headroom.keptMegabytes().isEmpty()) {
            findings.warn(
                    "while no instance runs, PostgreSQL keeps its log without a bound (max_slot_wal_keep_size)",
                    "ALTER SYSTEM SET max_slot_wal_keep_size = '" + 2 * maxLag + "MB'; SELECT pg_reload_conf();");
        } else if (headroom.keptMegabytes().get() < maxLag) {
            findings.warn(
                    "PostgreSQL keeps " + headroom.keptMegabytes().get()
                            + " MB of its log for a slot (max_slot_wal_keep_size), less than CHANGE_FEED_MAX_LAG_MB ("
                            + maxLag + ")",
                    "CHANGE_FEED_MAX_LAG_MB=" + headroom.keptMegabytes().get());
        } else {
            findings.ok("PostgreSQL keeps up to " + headroom.keptMegabytes().get() + " MB of its log for it");
        }
    }
}
