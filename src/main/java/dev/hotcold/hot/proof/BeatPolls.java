package dev.hotcold.hot.proof;

import dev.hotcold.freshness.FeedState;
import dev.hotcold.freshness.FollowedLog;
import dev.hotcold.freshness.FreshnessProof;
import dev.hotcold.freshness.HitAges;
import dev.hotcold.hot.layout.FeedNote;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.lettuce.core.api.push.PushMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

// Long: one poll from its question to what comes of the reply.
/**
 * Polls the beats of the change feed on the connection that lookups use, and says whether a hit is as young as is demanded:
 * {@link StalenessProof} has the argument.
 *
 * <p>Polls every {@value #POLL_MILLIS} ms while hits are judged or nothing is proven yet, and now and then otherwise. Where the proof is missing for long,
 * the connection is replaced, for its address may lead elsewhere by now.
 *
 * <p>Confined to: its event loop, but for what is of {@link FreshnessProof}.
 */
public final class BeatPolls implements RedisLink.Listener, FreshnessProof {

    static final int POLL_MILLIS = 50;

    private static final Duration POLL = Duration.ofMillis(POLL_MILLIS);

    /** While nobody asks, a poll for each of so many parts of the demand: so that the first hit after a while is proven. */
    private static final int PARTS = 4;

    private static final int LONGEST_UNUSED = 10;

    /** Where they stand in {@link #seen}. */
    private static final int LOG = 1;

    private static final int LIFE = 2;

    /** Beyond the demand; a feed that moves from one instance to another is no reason to. */
    private static final Duration BEFORE_REPLACING = Duration.ofSeconds(2);

    /** How long an upgrade takes, from when its first instance finds a feed without beats. */
    private static final Duration UPGRADE = Duration.ofHours(1);

    /** Between two replacements, in the end: where nobody runs the feed they lead nowhere. */
    private static final Duration LONGEST_BETWEEN = Duration.ofMinutes(1);

    private final RedisLink link;
    private final Loop loop;
    private final byte[] feed;
    private final long mostNanos;
    private final int unusedPolls;
    private final FeedState feedState;
    private final StalenessProof proof = new StalenessProof();
    private final HitAges hitAges = new HitAges();
    private int connection;
    private boolean inFlight;

    /** There is a feed, but of a version that writes no beats. */
    private boolean isOfOldVersion;

    /** Until when that is taken for an upgrade under way; afterwards it is what a feed has left that runs no more. */
    private long upgradeEndsAt;

    private boolean isUpgradeSeen;

    /** Why the last poll was answered by an error; "" = it was not. */
    private String refusal = "";

    /** What changes while a feed lives, as it was polled last; empty = not yet, on this connection. */
    private List<String> seen = List.of();

    private boolean used;
    private int unused;
    private long openedAt;

    /** When nothing was missing last: proven; or not demanded, and then up to when a proof may take. */
    private long wellAt;

    private long replacedAt;
    private long betweenReplacements;
    private boolean stopped;

    /**
     * @param feed the key of what is known of the feed
     * @param most how old a hit may be; zero = nothing is demanded, and nothing polled
     * @param feedState whether anybody is to write beats: otherwise nothing is demanded either; hears which log is followed
     */
    public BeatPolls(byte[] feed, Duration most, FeedState feedState, RedisLink link, Loop loop) {
        this.feed = feed.clone();
        this.mostNanos = most.toNanos();
        this.unusedPolls = Math.clamp(most.toMillis() / PARTS / POLL_MILLIS, 1, LONGEST_UNUSED);
        this.feedState = feedState;
        this.link = link;
        this.loop = loop;
        this.openedAt = loop.nanos();
        this.wellAt = openedAt;
        this.replacedAt = openedAt;
        if (mostNanos > 0) {
            loop.after(POLL, this::tick);
        }
    }

    /** Whether what is read now, a hit, is as young as is demanded, provably. */
    public boolean isYoungEnough() {
        if (mostNanos == 0) {
            return true;
        }
        used = true;
        long now = loop.nanos();
        if (isProven(now, mostNanos)) {
            hitAges.add(now - proof.provenAt());
            return true;
        }
        return !isDemanded();
    }

    @Override
    public HitAges hitAges() {
        return hitAges;
    }

    /** Whether what is read now is provably not older than that; never so where nothing is demanded at all, and nothing polled. */
    public boolean isProvenWithin(Duration most) {
        used = true;
        return isProven(loop.nanos(), most.toNanos());
    }

    @Override
    public Optional<Duration> provenStaleness() {
        long since = proof.provenAt();
        return since == StalenessProof.NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(loop.nanos() - since));
    }

    private boolean isDemanded() {
        return feedState.isExpected() && !(isOfOldVersion && loop.nanos() - upgradeEndsAt < 0);
    }

    private boolean isProven(long now, long most) {
        long since = proof.provenAt();
        return since != StalenessProof.NEVER && now - since <= most;
    }

    @Override
    public void opened() {
        lost();
        openedAt = loop.nanos();
        if (mostNanos > 0) {
            poll();
        }
    }

    @Override
    public void lost() {
        connection++;
        inFlight = false;
        isOfOldVersion = false;
        seen = List.of();
        proof.reset();
    }

    @Override
    public void pushed(PushMessage message) {
        // Invalidations are others' business.
    }

    /** Ends its timer. */
    public void stop() {
        stopped = true;
    }

    private void tick() {
        if (stopped) {
            return;
        }
        loop.after(POLL, this::tick);
        unused = used ? 0 : unused + 1;
        used = false;
        boolean isDue = unused % unusedPolls == 0 || (proof.provenAt() == StalenessProof.NEVER && isDemanded());
        if (!inFlight && isDue && link.isReachable()) {
            poll();
        }
        judge();
    }

    private void judge() {
        long now = loop.nanos();
        boolean isProven = isProven(now, mostNanos);
        if (isProven || !isDemanded()) {
            health().recovered();
            wellAt = isProven ? now : now + mostNanos;
            betweenReplacements = 0;
            return;
        }
        long patience = mostNanos + BEFORE_REPLACING.toNanos();
        boolean isPatient = now - wellAt < BEFORE_REPLACING.toNanos() || now - openedAt < patience;
        if (link.isReachable() && !isPatient) {
            if (!feedState.isRunning()) {
                health().degraded(
                                "hits cannot be proven fresh, and PostgreSQL is read: changes are not followed by this instance, and"
                                        + " perhaps by none (see changefeed)");
            } else if (refusal.isEmpty()) {
                health().degraded(
                                "no beats of the change feed come, so that hits cannot be proven fresh and PostgreSQL is read:"
                                        + " whoever follows CHANGE_FEED_SLOT must have the same REDIS_ADDR and REDIS_KEY_PREFIX");
            } else {
                health().degraded("hits cannot be proven fresh, and PostgreSQL is read: HMGET " + refusal);
            }
            if (now - replacedAt >= betweenReplacements) {
                replacedAt = now;
                betweenReplacements =
                        Math.clamp(2 * betweenReplacements, patience, Math.max(patience, LONGEST_BETWEEN.toNanos()));
                link.lookUpAnew(() -> !isProven(loop.nanos(), mostNanos));
            }
        }
    }

    private StoreHealth health() {
        return link.health().of(Aspect.PROOF);
    }

    private void poll() {
        inFlight = true;
        int sentOn = connection;
        long sentAt = loop.nanos();
        // What comes of it on another connection is not heard.
        link.enqueue(new BeatPoll(feed, (reply, why) -> {
            if (sentOn != connection) {
                return;
            }
            inFlight = false;
            refusal = why;
            if (reply != null) {
                polled(sentAt, reply);
            }
        }));
    }

    private void polled(long sentAt, ValuesReply reply) {
        byte[] session = reply.value(BeatPoll.SESSION);
        isOfOldVersion = session != null && !Arrays.equals(session, reply.value(BeatPoll.BEATS_OF));
        if (isOfOldVersion && !isUpgradeSeen) {
            isUpgradeSeen = true;
            upgradeEndsAt = loop.nanos() + UPGRADE.toNanos();
        }
        long beat = isOfOldVersion ? -1 : count(reply.value(BeatPoll.BEAT));
        proof.polled(sentAt, session == null || beat < 0 ? null : text(session), beat);
        if (isOfThePast(reply)) {
            // Whatever was applied up to now may have been undone since.
            proof.reset();
        }
    }

    /** Whether the feed is one of an older timeline than is known, or another log than before is followed by now. */
    private boolean isOfThePast(ValuesReply reply) {
        List<String> before = seen;
        seen = Stream.of(BeatPoll.SESSION, BeatPoll.LOG, BeatPoll.LIFE, BeatPoll.BEAT)
                .map(reply::value)
                .map(value -> value == null ? "" : text(value))
                .toList();
        if (before.isEmpty()) {
            return false;
        }
        boolean isOfSameSession = seen.getFirst().equals(before.getFirst());
        if (isOfSameSession) {
            tellOfItsEnd(seen.get(LIFE), before.get(LIFE));
        }
        // Only who lives is heard of: what a feed has left that is gone says nothing of which server is to be used.
        boolean lives = !seen.equals(before);
        boolean isPast = FollowedLog.of(seen.get(LOG))
                .filter(log -> lives ? feedState.heardOf(log) : feedState.isOfThePast(log))
                .isPresent();
        return isPast || !seen.get(LOG).equals(before.get(LOG));
    }

    private void tellOfItsEnd(String life, String before) {
        if (life.equals(FeedNote.LEFT) && !before.equals(FeedNote.LEFT)) {
            feedState.ownerLeft();
        }
        if (life.startsWith(FeedNote.LEAVING) && !before.startsWith(FeedNote.LEAVING)) {
            feedState.ownerLeaves();
        }
    }

    /** -1 = it is none. */
    private static long count(byte @Nullable [] value) {
        if (value == null || value.length == 0 || value.length > 18) {
            return -1;
        }
        long count = 0;
        for (byte digit : value) {
            if (digit < '0' || digit > '9') {
                return -1;
            }
            count = 10 * count + digit - '0';
        }
        return count;
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.ISO_8859_1);
    }
}
