package dev.hotcold.hot;

import dev.hotcold.freshness.FeedState;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.hot.batch.Fills;
import dev.hotcold.hot.batch.Leases;
import dev.hotcold.hot.batch.MissRatio;
import dev.hotcold.hot.batch.Reads;
import dev.hotcold.hot.connection.RedisConnection;
import dev.hotcold.hot.deployment.DeploymentCheck;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.hot.near.NearCache;
import dev.hotcold.hot.proof.BeatPolls;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.loop.Loop;
import io.vertx.core.Future;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One Redis node with everything that an event loop does with it: a link, and the fills, reads, leases and near cache that
 * share it. Fills are sent first, so that a read never overtakes a fill.
 *
 * <p>Confined to: its event loop, but for the health of the link.
 */
final class RedisNode {

    /** The part of the soft TTL that may be left, as a mean, when a user is refreshed ahead: a twentieth at most. */
    private static final int EARLIEST_REFRESH = 20;

    private final RedisLink link;
    private final MissRatio misses = new MissRatio();
    private final Reads reads;
    private final Leases leases;
    private final Fills fills;
    private final NearCache near;
    private final BeatPolls beats;
    private final Loop loop;
    private @Nullable DeploymentCheck deployment;

    /**
     * @param loops how many event loops share the bounds of the settings
     * @param budget of a lookup
     * @param feed whether changes of the database reach Redis
     */
    RedisNode(
            RedisSettings settings,
            RedisConnection.Factory connections,
            int loops,
            RequestBudget budget,
            FeedState feed,
            Loop loop,
            LookupObserver observer) {
        this.loop = loop;
        this.link = new RedisLink(settings.link(), settings.cache().keys(), budget, loop, observer, connections);
        this.beats = new BeatPolls(
                link.keys().feed(settings.cache().feed()), settings.cache().maxStaleness(), feed, link, loop);
        SoftTtl softTtl = new SoftTtl(loop, meanRefresh(settings, budget), beats::isYoungEnough);
        this.near = new NearCache(settings.nearEntries(), link, softTtl, observer, loop);
        this.fills = new Fills(link, loop, observer);
        this.reads = new Reads(
                link,
                loop,
                observer,
                misses,
                softTtl,
                near::saw,
                settings.reads().ofOneLoop(loops, budget, link.replyTime()));
        this.leases = new Leases(link, loop, observer, misses, budget.lease(), softTtl, reads.sizes());
        link.addListener(beats);
        link.addListener(near);
        link.addSource(fills);
        link.addSource(reads);
        link.addSource(leases);
        link.addSource(near);
    }

    private static Duration meanRefresh(RedisSettings settings, RequestBudget budget) {
        Duration most = settings.cache().timeToLive().dividedBy(EARLIEST_REFRESH);
        return budget.total().compareTo(most) <= 0 ? budget.total() : most;
    }

    RedisLink link() {
        return link;
    }

    MissRatio misses() {
        return misses;
    }

    Reads reads() {
        return reads;
    }

    Leases leases() {
        return leases;
    }

    Fills fills() {
        return fills;
    }

    BeatPolls beats() {
        return beats;
    }

    NearCache near() {
        return near;
    }

    /**
     * From now on it is used only if its cache is this deployment's.
     *
     * @param own what the loop looks users up in
     */
    void check(KnownDeployment own, DeploymentCheck.Takeover takeover) {
        DeploymentCheck check = new DeploymentCheck(link, loop, own, takeover);
        deployment = check;
        link.addListener(check);
    }

    /** Succeeds when it is known whether the cache is this deployment's. */
    Future<Void> whenChecked() {
        return deployment == null ? Future.succeededFuture() : deployment.whenSettled();
    }

    /** Closes the connection; requests in flight fail. */
    Future<Void> close() {
        near.stop();
        beats.stop();
        return deployment == null ? link.close() : deployment.stop().eventually(link::close);
    }
}
