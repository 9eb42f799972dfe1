package dev.hotcold.cold.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.server.ServerAddress.Found;
import dev.hotcold.cold.server.ServerAddress.Loss;
import dev.hotcold.testkit.ManualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServerRaceTest {

    private static final ServerState PRIMARY = new ServerState(false, false, "7", 1);
    private static final ServerState PROMOTED = new ServerState(false, false, "7", 2);
    private static final ServerState STANDBY = new ServerState(true, true, "7", 0);
    private static final Duration MOMENT = Duration.ofMillis(1);

    private final ManualTime time = new ManualTime();
    private final Attempts attempts = new Attempts();
    private TargetSession target = TargetSession.ANY;
    private final Lineage lineage = new Lineage();

    /** Attempts whose every progress the test decides; a connection is the name of its host. */
    private static final class Attempts implements ServerRace.Opener<String> {

        private final List<String> begun = new ArrayList<>();
        private final List<String> closed = new ArrayList<>();
        private final Map<String, Promise<ServerRace.Opened<String>>> outcomes = new HashMap<>();
        private final Map<String, Runnable> connected = new HashMap<>();

        @Override
        public Future<ServerRace.Opened<String>> open(ServerAddress address, Runnable onConnected) {
            String host = address.server().host();
            begun.add(host);
            connected.put(host, onConnected);
            Promise<ServerRace.Opened<String>> outcome = Promise.promise();
            outcomes.put(host, outcome);
            return outcome.future();
        }

        @Override
        public void close(String connection) {
            closed.add(connection);
        }

        @Override
        public boolean isFinal(Throwable failure) {
            return "wrong password".equals(failure.getMessage());
        }

        void open(String host, ServerState state) {
            Objects.requireNonNull(outcomes.get(host)).complete(new ServerRace.Opened<>(host, state));
        }

        void fail(String host, String why) {
            Objects.requireNonNull(outcomes.get(host)).fail(why);
        }
    }

    @Test
    void run_firstOpens_nobodyElseIsTried() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");

        attempts.open("a", PRIMARY);
        time.pass(Duration.ofSeconds(10));

        assertThat(race.result().connection()).isEqualTo("a");
        assertThat(attempts.begun).containsExactly("a");
    }

    @Test
    void run_firstFails_secondIsTriedAtOnce() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");

        attempts.fail("a", "refused");

        assertThat(attempts.begun).containsExactly("a", "b");
        attempts.open("b", PRIMARY);
        assertThat(race.result().connection()).isEqualTo("b");
    }

    @Test
    void run_packetsOfTheFirstTwoAreDropped_eachCostsAMoment() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b", "c");

        time.pass(ServerRace.STAGGER.minus(MOMENT));
        assertThat(attempts.begun).containsExactly("a");
        time.pass(MOMENT);
        assertThat(attempts.begun).containsExactly("a", "b");
        time.pass(ServerRace.STAGGER);
        assertThat(attempts.begun).containsExactly("a", "b", "c");

        attempts.open("c", PRIMARY);
        assertThat(race.result().connection()).isEqualTo("c");
    }

    /** A login may take long where the way is, and is not to be doubled. */
    @Test
    void run_firstIsConnectedButSilent_hasMoreTime() {
        race(false, "a", "b");

        Objects.requireNonNull(attempts.connected.get("a")).run();
        time.pass(ServerRace.PATIENCE.minus(MOMENT));
        assertThat(attempts.begun).containsExactly("a");
        time.pass(MOMENT);

        assertThat(attempts.begun).containsExactly("a", "b");
    }

    @Test
    void run_lateWinner_isClosed() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");
        time.pass(ServerRace.STAGGER);
        attempts.open("b", PRIMARY);

        attempts.open("a", PRIMARY);

        assertThat(race.result().connection()).isEqualTo("b");
        assertThat(attempts.closed).containsExactly("a");
    }

    @Test
    void run_standbyFirst_primaryWins() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");

        attempts.open("a", STANDBY);
        assertThat(race.isComplete()).isFalse();
        attempts.open("b", PRIMARY);

        assertThat(race.result().connection()).isEqualTo("b");
        assertThat(attempts.closed).containsExactly("a");
    }

    @Test
    void run_onlyAStandbyAnswers_isUsedAndSaid() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");

        attempts.open("a", STANDBY);
        time.pass(ServerRace.SETTLE);

        assertThat(race.result().connection()).isEqualTo("a");
        assertThat(race.result().verdict().why().orElseThrow()).startsWith("is a standby");
    }

    @Test
    void run_oneServerThatIsAStandby_isUsedAtOnce() {
        Future<ServerRace.Winner<String>> race = race(false, "a");

        attempts.open("a", STANDBY);

        assertThat(race.result().verdict().rank()).isEqualTo(Verdict.Rank.SECOND_BEST);
    }

    /** Who was the primary before a promotion may be the first to answer. */
    @Test
    void run_nothingKnownYet_newestTimelineWins() {
        Future<ServerRace.Winner<String>> race = race(true, "a", "b");

        attempts.open("a", PRIMARY);
        assertThat(race.isComplete()).isFalse();
        attempts.open("b", PROMOTED);

        assertThat(race.result().connection()).isEqualTo("b");
        assertThat(attempts.closed).containsExactly("a");
    }

    @Test
    void run_nothingKnownYetAndOthersSilent_firstWinsAfterAMoment() {
        Future<ServerRace.Winner<String>> race = race(true, "a", "b");

        attempts.open("a", PRIMARY);
        time.pass(ServerRace.SETTLE);

        assertThat(race.result().connection()).isEqualTo("a");
    }

    @Test
    void run_primaryOfThePast_isRefusedByName() {
        lineage.saw(PROMOTED);
        Future<ServerRace.Winner<String>> race = race(false, "a");

        attempts.open("a", PRIMARY);

        assertThat(attempts.closed).containsExactly("a");
        assertThat(losses(race))
                .containsExactly(
                        "a:5432 is a primary on timeline 1, but another one is on timeline 2:"
                                + " shut it down, or rebuild it as a standby; if the newer one is gone for good, restart the service");
    }

    @Test
    void run_primaryIsAskedForAndNoneIsThere_isLost() {
        target = TargetSession.READ_WRITE;
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");

        attempts.open("a", STANDBY);
        attempts.fail("b", "refused");

        assertThat(losses(race)).containsExactly("a:5432 is a standby, and the primary is asked for", "refused");
        assertThat(attempts.closed).containsExactly("a");
    }

    @Test
    void run_wrongPassword_isTriedOnce() {
        Future<ServerRace.Winner<String>> race = race(false, "a", "b");

        attempts.fail("a", "wrong password");

        assertThat(losses(race)).containsExactly("wrong password");
        assertThat(attempts.begun).containsExactly("a");
    }

    @Test
    void run_noAddress_isLostAtOnce() {
        PostgresServer unknown = new PostgresServer("a", 5432);

        Future<ServerRace.Winner<String>> race = new ServerRace<>(
                        new Found(List.of(), List.of(new Loss(unknown, new Exception("unknown")))),
                        new ServerPolicy(target, lineage),
                        true,
                        attempts,
                        time::after)
                .run();

        assertThat(losses(race)).containsExactly("unknown");
    }

    private static List<String> losses(Future<?> race) {
        assertThat(race.failed()).isTrue();
        return ((ServerRace.Lost) race.cause())
                .losses().stream().map(loss -> loss.cause().getMessage()).toList();
    }

    private Future<ServerRace.Winner<String>> race(boolean settles, String... hosts) {
        List<ServerAddress> addresses = Arrays.stream(hosts)
                .map(host -> new ServerAddress(new PostgresServer(host, 5432), Optional.empty()))
                .toList();
        return new ServerRace<>(
                        new Found(addresses, List.of()),
                        new ServerPolicy(target, lineage),
                        settles,
                        attempts,
                        time::after)
                .run();
    }
}
