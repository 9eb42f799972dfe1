package dev.hotcold.hot.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.hot.deployment.Claim.How;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.testkit.Servers;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the script that claims a cache replies and leaves, on a real Redis. */
class ClaimScriptIT {

    private static final Deployment OURS = new Deployment("7", "db", "public.users");
    private static final Deployment THEIRS = new Deployment("8", "db", "public.users");
    private static final String MARK = "a:user:#deployment";
    private static final String ALIVE = "a:user:#alive";

    private final Servers servers = Servers.shared();

    private String ask(Deployment deployment, String token, How how) {
        List<byte[]> reply = servers.redisCommands()
                .eval(
                        Script.CLAIM.text(),
                        ScriptOutputType.MULTI,
                        new String[] {MARK, ALIVE},
                        bytes(deployment.system()),
                        bytes(Mark.body(deployment)),
                        bytes("30000"),
                        bytes(token),
                        bytes(how.name().toLowerCase(Locale.ROOT)));
        return new String(reply.getFirst(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Optional<Mark> mark() {
        return Mark.of(servers.redisCommands().get(MARK));
    }

    private void dies() {
        servers.redisCommands().del(ALIVE);
    }

    @Test
    void keys_areThoseOfThePrefix() {
        assertThat(new UserKeys("a:").mark()).isEqualTo(bytes(MARK));
        assertThat(new UserKeys("a:").markIsAlive()).isEqualTo(bytes(ALIVE));
    }

    @Test
    void claim_noMark_isOwnAndLivesForAsLongAsIsSaid() {
        assertThat(ask(OURS, "t", How.CLAIM)).isEqualTo("own");

        assertThat(mark()).contains(new Mark(OURS, Mark.LAYOUT, true));
        assertThat(servers.redisCommands().pttl(ALIVE)).isBetween(1L, 30_000L);
        assertThat(servers.redisCommands().ttl(MARK)).isEqualTo(-1);
    }

    @Test
    void claim_own_isRenewedByWhoeverSharesIt() {
        ask(OURS, "t", How.CLAIM);
        dies();

        assertThat(ask(OURS, "another", How.WAIT)).isEqualTo("own");
        assertThat(servers.redisCommands().exists(ALIVE)).isOne();
    }

    @ParameterizedTest
    @EnumSource(
            value = How.class,
            names = {"CLAIM", "JOIN", "WAIT", "SEIZE", "CLEARED"})
    void another_whileItLives_getsNothing(How how) {
        ask(THEIRS, "t", How.CLAIM);

        assertThat(ask(OURS, "u", how)).isEqualTo("other");
        assertThat(mark()).contains(new Mark(THEIRS, Mark.LAYOUT, true));
    }

    @ParameterizedTest
    @EnumSource(
            value = How.class,
            names = {"CLAIM", "WAIT"})
    void another_whenItIsGone_mustBeSeized(How how) {
        ask(THEIRS, "t", How.CLAIM);
        dies();

        assertThat(ask(OURS, "u", how)).isEqualTo("gone");
        assertThat(mark()).contains(new Mark(THEIRS, Mark.LAYOUT, true));
    }

    /** As when Redis has evicted it. */
    @ParameterizedTest
    @EnumSource(
            value = How.class,
            names = {"CLAIM", "JOIN", "WAIT", "SEIZE"})
    void another_whileItLives_getsNothingWithoutTheMarkEither(How how) {
        ask(THEIRS, "t", How.CLAIM);
        servers.redisCommands().del(MARK);

        assertThat(ask(OURS, "u", how)).isEqualTo("other");
        assertThat(mark()).isEmpty();
        assertThat(ask(THEIRS, "t", How.WAIT)).isEqualTo("own");
        assertThat(mark()).contains(new Mark(THEIRS, Mark.LAYOUT, true));
    }

    @Test
    void join_noMark_isOwn() {
        assertThat(ask(OURS, "t", How.JOIN)).isEqualTo("own");
        assertThat(mark()).contains(new Mark(OURS, Mark.LAYOUT, true));
    }

    @Test
    void join_another_takesNothing() {
        ask(THEIRS, "t", How.CLAIM);
        assertThat(ask(OURS, "u", How.JOIN)).isEqualTo("other");
        dies();

        assertThat(ask(OURS, "u", How.JOIN)).isEqualTo("gone");
        assertThat(mark()).contains(new Mark(THEIRS, Mark.LAYOUT, true));
    }

    @Test
    void join_clearing_leavesThatToOthers() {
        ask(THEIRS, "t", How.CLAIM);
        dies();
        ask(OURS, "clearer", How.SEIZE);
        dies();

        assertThat(ask(OURS, "u", How.JOIN)).isEqualTo("clearing");
        assertThat(ask(OURS, "other", How.CLAIM)).isEqualTo("clear");
    }

    @Test
    void wait_noMark_takesNothing() {
        assertThat(ask(OURS, "t", How.WAIT)).isEqualTo("gone");
        assertThat(mark()).isEmpty();
    }

    @Test
    void seize_gone_isClearedByOneAndThenEverybodys() {
        ask(THEIRS, "t", How.CLAIM);
        dies();

        assertThat(ask(OURS, "clearer", How.SEIZE)).isEqualTo("clear");
        assertThat(mark()).contains(new Mark(OURS, Mark.LAYOUT, false));
        assertThat(ask(OURS, "other loop", How.CLAIM)).isEqualTo("clearing");
        assertThat(ask(OURS, "other loop", How.CLEARED)).isEqualTo("clearing");
        assertThat(ask(OURS, "clearer", How.CLAIM)).isEqualTo("clear");
        assertThat(ask(THEIRS, "t", How.SEIZE)).isEqualTo("other");
        assertThat(ask(OURS, "clearer", How.CLEARED)).isEqualTo("own");
        assertThat(ask(OURS, "other loop", How.CLAIM)).isEqualTo("own");
        assertThat(mark()).contains(new Mark(OURS, Mark.LAYOUT, true));
    }

    @Test
    void clearing_clearerDies_isTakenUpByAnother() {
        ask(THEIRS, "t", How.CLAIM);
        dies();
        ask(OURS, "clearer", How.SEIZE);
        dies();

        assertThat(ask(OURS, "other", How.CLAIM)).isEqualTo("clear");
        assertThat(ask(OURS, "clearer", How.CLEARED)).isEqualTo("clearing");
        assertThat(ask(OURS, "other", How.CLEARED)).isEqualTo("own");
    }

    /** Who knows the system adds it, and who does not takes nothing away. */
    @Test
    void system_unknownToOne_isTheOneThatIsKnown() {
        Deployment unknown = new Deployment("", OURS.database(), OURS.table());
        ask(unknown, "t", How.CLAIM);
        assertThat(ask(OURS, "u", How.CLAIM)).isEqualTo("own");
        assertThat(mark().orElseThrow().owner()).isEqualTo(OURS);

        assertThat(ask(unknown, "t", How.CLAIM)).isEqualTo("own");
        assertThat(mark().orElseThrow().owner()).isEqualTo(OURS);
        assertThat(ask(THEIRS, "v", How.CLAIM)).isEqualTo("other");
    }

    @ParameterizedTest
    @CsvSource({"7, other, public.users", "7, db, tenant.users", "8, db, public.users", "'', other, public.users"})
    void other_systemDatabaseOrTable_isAnother(String system, String database, String table) {
        ask(OURS, "t", How.CLAIM);

        assertThat(ask(new Deployment(system, database, table), "u", How.CLAIM)).isEqualTo("other");
    }

    @Test
    void leave_own_livesOnForAMoment() {
        ask(OURS, "t", How.CLAIM);
        servers.redisCommands().del(ALIVE);
        ask(THEIRS, "u", How.LEAVE);
        assertThat(servers.redisCommands().exists(ALIVE)).isZero();

        ask(OURS, "t", How.LEAVE);
        assertThat(servers.redisCommands().exists(ALIVE)).isOne();
    }

    @Test
    void names_ofAnyLetters_areToldApart() {
        Deployment odd = new Deployment("7", "a\"b\\c %d é\n", "\"Über\".users");
        assertThat(ask(odd, "t", How.CLAIM)).isEqualTo("own");
        assertThat(ask(odd, "t", How.CLAIM)).isEqualTo("own");
        assertThat(mark().orElseThrow().owner()).isEqualTo(odd);
        assertThat(ask(OURS, "u", How.CLAIM)).isEqualTo("other");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"something else", "{}", "[]", "{\"system\":null,\"database\":null,\"table\":1,\"layout\":null}"})
    void mark_thatIsNone_isAnothers(String found) {
        servers.redisCommands().set(MARK, bytes(found));
        assertThat(ask(OURS, "t", How.CLAIM)).isEqualTo("gone");
        assertThat(mark().orElseThrow().refusal(Optional.of(OURS))).isPresent();
        assertThat(ask(OURS, "t", How.SEIZE)).isEqualTo("clear");
    }

    @Test
    void claim_fullRedis_isRenewedAllTheSame() {
        String policy = servers.redisCommands().configGet("maxmemory-policy").get("maxmemory-policy");
        servers.redisCommands().configSet("maxmemory-policy", "noeviction");
        servers.redisCommands().configSet("maxmemory", "1");
        try {
            assertThat(ask(OURS, "t", How.CLAIM)).isEqualTo("own");
            dies();
            assertThat(ask(OURS, "t", How.CLAIM)).isEqualTo("own");
            assertThat(servers.redisCommands().exists(ALIVE)).isOne();
        } finally {
            servers.redisCommands().configSet("maxmemory", "0");
            servers.redisCommands().configSet("maxmemory-policy", policy);
        }
    }
}
