package dev.hotcold.hot.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of instances that stand by, one is to be the next owner of the change feed; on a real Redis. */
class NextOwnerIT {

    private static final String LOG = "system/1";

    private final Servers servers = Servers.shared();
    private final RedisResources resources = RedisClients.resources();
    private final BlockingRedis redis = new BlockingRedis(
            new RedisEndpoint(
                    new RedisLocation.Server("127.0.0.1", servers.redis().port()),
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    0),
            new UserKeys(""),
            resources);
    private final ChangeSink owner = open();
    private final ChangeSink one = open();
    private final ChangeSink other = open();

    private ChangeSink open() {
        return redis.open("feed", new Deployment("system", "database", "table"));
    }

    @BeforeEach
    void takeOver() {
        owner.takeOver(LOG);
    }

    @AfterEach
    void close() {
        redis.close();
        resources.close();
    }

    @Test
    void stand_anotherStands_isRefusedUntilThatWithdraws() {
        assertThat(one.stand()).isTrue();
        assertThat(other.stand()).isFalse();

        one.withdraw();

        assertThat(other.stand()).isTrue();
    }

    @Test
    void isNextReady_onlyStands_isNotUntilItIs() {
        assertThat(owner.isNextReady()).isFalse();
        one.stand();
        assertThat(owner.isNextReady()).isFalse();

        one.ready();
        assertThat(owner.isNextReady()).isTrue();
    }

    /** Whoever stood before may be gone; and it is said for as long as the owner lives. */
    @Test
    void announceEnd_whatWasNotedBefore_countsNoMore() {
        one.stand();
        one.ready();

        owner.announceEnd();
        owner.showLife();

        assertThat(owner.isNextReady()).isFalse();
        assertThat(other.stand()).isTrue();
        assertThat(owner.followed().life()).isEqualTo("leaving 1");
    }

    /** By whomever: nobody waits for one that has died. */
    @Test
    void takeOver_standsNoMore_andTheFormerOwnerIsRefused() {
        one.stand();
        one.ready();

        other.takeOver(LOG);

        assertThat(other.isNextReady()).isFalse();
        assertThat(one.stand()).isTrue();
        assertThatThrownBy(() -> owner.continueWith("a log")).isInstanceOf(HotStoreException.class);
    }
}
