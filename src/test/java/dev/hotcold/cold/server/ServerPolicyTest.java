package dev.hotcold.cold.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.server.Verdict.Rank;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerPolicyTest {

    private static final ServerState PRIMARY = new ServerState(false, false, "7", 1);
    private static final ServerState READ_ONLY = new ServerState(false, true, "7", 1);
    private static final ServerState STANDBY = new ServerState(true, true, "7", 0);
    private static final ServerState PROMOTED = new ServerState(false, false, "7", 2);
    private static final ServerState OTHER = new ServerState(false, false, "8", 1);

    private long now;
    private final Lineage lineage = new Lineage(() -> now);

    @ParameterizedTest
    @CsvSource({
        "ANY,            GOOD,        GOOD,        SECOND_BEST",
        "PRIMARY,        GOOD,        GOOD,        REFUSED",
        "READ_WRITE,     GOOD,        REFUSED,     REFUSED",
        "READ_ONLY,      REFUSED,     GOOD,        GOOD",
        "STANDBY,        REFUSED,     REFUSED,     GOOD",
        "PREFER_STANDBY, SECOND_BEST, SECOND_BEST, GOOD",
    })
    void judge_byTarget(TargetSession target, Rank primary, Rank readOnly, Rank standby) {
        ServerPolicy policy = new ServerPolicy(target, lineage);

        assertThat(policy.judge(PRIMARY).rank()).isEqualTo(primary);
        assertThat(policy.judge(READ_ONLY).rank()).isEqualTo(readOnly);
        assertThat(policy.judge(STANDBY).rank()).isEqualTo(standby);
    }

    @Test
    void judge_primaryOfThePast_isRefusedForGood() {
        ServerPolicy policy = new ServerPolicy(TargetSession.ANY, lineage);
        assertThat(policy.judge(PRIMARY).isRefused()).isFalse();
        assertThat(policy.whyLeave(PRIMARY)).isEmpty();

        new ServerPolicy(TargetSession.PRIMARY, lineage).judge(PROMOTED);

        assertThat(policy.whyLeave(PRIMARY).orElseThrow()).startsWith("is a primary on timeline 1, but another");
        assertThat(policy.judge(PRIMARY).isRefused()).isTrue();
        assertThat(policy.judge(PROMOTED).isRefused()).isFalse();
        assertThat(policy.judge(STANDBY).isRefused()).isFalse();
    }

    /** It may be a copy that shares a Redis by mistake: once that is stopped, nothing of it stays. */
    @Test
    void judge_primaryThatOthersHaveLeft_isRefusedForAMinute() {
        ServerPolicy policy = new ServerPolicy(TargetSession.ANY, lineage);
        policy.judge(PRIMARY);

        policy.heardOf("7", 2);

        assertThat(policy.isOfThePast("7", 1)).isFalse();
        assertThat(policy.whyLeave(PRIMARY).orElseThrow())
                .startsWith("is a primary on timeline 1, but whoever feeds this Redis follows one on timeline 2: ");
        assertThat(policy.judge(PRIMARY).isRefused()).isTrue();
        now += Duration.ofSeconds(59).toNanos();
        assertThat(policy.whyLeave(PRIMARY)).isPresent();
        now += Duration.ofSeconds(2).toNanos();
        assertThat(policy.whyLeave(PRIMARY)).isEmpty();
        assertThat(policy.judge(PRIMARY).isRefused()).isFalse();
    }

    @Test
    void isOfThePast_olderThanWhatWasSeen_isSo() {
        ServerPolicy policy = new ServerPolicy(TargetSession.ANY, lineage);
        assertThat(policy.isOfThePast("7", 1)).isFalse();
        policy.judge(PROMOTED);
        policy.heardOf("7", 1);

        assertThat(policy.isOfThePast("7", 1)).isTrue();
        assertThat(policy.isOfThePast("7", 2)).isFalse();
        assertThat(policy.isOfThePast("8", 1)).isFalse();
        assertThat(policy.whyLeave(PROMOTED)).isEmpty();
    }

    @Test
    void judge_otherSystem_hasTimelinesOfItsOwn() {
        ServerPolicy policy = new ServerPolicy(TargetSession.ANY, lineage);
        policy.judge(PROMOTED);

        assertThat(policy.judge(OTHER).rank()).isEqualTo(Rank.GOOD);
        assertThat(policy.whyLeave(OTHER)).isEmpty();
    }

    /** Of a cloud, or another program: nothing but its role is known. */
    @Test
    void judge_unknown_isUsed() {
        ServerPolicy policy = new ServerPolicy(TargetSession.READ_WRITE, lineage);
        policy.leadsTo(PROMOTED);

        assertThat(policy.judge(ServerState.UNKNOWN).rank()).isEqualTo(Rank.GOOD);
        assertThat(policy.whyLeave(ServerState.UNKNOWN)).isEmpty();
    }

    @Test
    void whyLeave_standbyOrOtherSystem_onceThePrimaryIsFound() {
        ServerPolicy policy = new ServerPolicy(TargetSession.ANY, lineage);
        assertThat(policy.whyLeave(STANDBY)).isEmpty();

        policy.leadsTo(PRIMARY);

        assertThat(policy.whyLeave(STANDBY)).contains("is a standby, and the primary answers");
        assertThat(policy.whyLeave(OTHER)).contains("is not the server that the settings lead to now");
        assertThat(policy.whyLeave(PRIMARY)).isEmpty();
        policy.leadsTo(ServerState.UNKNOWN);
        assertThat(policy.whyLeave(STANDBY)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"READ_ONLY", "STANDBY", "PREFER_STANDBY"})
    void whyLeave_standbyAskedFor_stays(TargetSession target) {
        ServerPolicy policy = new ServerPolicy(target, lineage);
        policy.leadsTo(PRIMARY);

        assertThat(policy.whyLeave(STANDBY)).isEmpty();
    }

    @Test
    void state_ofAnAnswer() {
        assertThat(ServerState.of(false, "off", "0000000A00000000000000FF", -1L))
                .isEqualTo(new ServerState(false, false, "18446744073709551615", 10));
        assertThat(ServerState.of(true, "on", "", 7L)).isEqualTo(STANDBY);
        assertThat(ServerState.of(null, null, null, null)).isEqualTo(ServerState.UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "0000000A", "0000000g00000000000000FF"})
    void state_ofNoWalFile_hasNoTimeline(String file) {
        assertThat(ServerState.of(false, "off", file, 7L).timeline()).isZero();
    }
}
