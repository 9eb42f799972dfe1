package dev.hotcold.cold.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.cold.pool.ScriptedPostgres;
import dev.hotcold.cold.pool.ScriptedPostgres.ScriptedConnection;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacedConnectionTest {

    private static final ServerState PRIMARY = new ServerState(false, false, "7", 1);
    private static final ServerState PROMOTED = new ServerState(false, false, "7", 2);
    private static final ServerState STANDBY = new ServerState(true, true, "7", 0);
    private static final PostgresServer SERVER = new PostgresServer("db", 5432);

    private final Lineage lineage = new Lineage();
    private final ScriptedConnection driver = connection();
    private Future<ServerState> answer = Future.succeededFuture(PRIMARY);
    private int questions;

    @Test
    void query_ofUsers_asksNothing() {
        placed(TargetSession.ANY, PRIMARY).query(List.of((UserId) UserId.parse("alice")));

        assertThat(driver.lastQuery()).containsExactly("alice");
        assertThat(questions).isZero();
    }

    @Test
    void probe_roleIsStillTheSame_probes() {
        placed(TargetSession.READ_WRITE, PRIMARY).query(List.of());

        assertThat(questions).isEqualTo(1);
        assertThat(driver.queries()).hasSize(1);
    }

    @Test
    void probe_mayNotBeUsedAnyMore_endsTheConnection() {
        PostgresConnection connection = placed(TargetSession.READ_WRITE, PRIMARY);
        answer = Future.succeededFuture(STANDBY);

        Future<QueryOutcome> probe = connection.query(List.of());

        assertThat(probe.result())
                .isEqualTo(new QueryOutcome.Disconnected("db:5432 is a standby, and the primary is asked for"));
        assertThat(driver.saidGoodbye()).isTrue();
        assertThat(driver.queries()).isEmpty();
    }

    @Test
    void probe_standbyIsPromoted_isNoLongerNamed() {
        Placement placement = placement(TargetSession.ANY);
        PostgresConnection connection = placement.place(SERVER, driver, STANDBY, () -> answer);
        assertThat(placement.health().reason().orElseThrow()).startsWith("db:5432 is a standby: lookups lack");
        answer = Future.succeededFuture(PROMOTED);

        connection.query(List.of());

        assertThat(placement.health().reason()).isEmpty();
    }

    /** It says so itself, in the words for it. */
    @Test
    void probe_questionFails_isLeftToTheQuery() {
        PostgresConnection connection = placed(TargetSession.ANY, PRIMARY);
        answer = Future.failedFuture("gone");

        connection.query(List.of());

        assertThat(driver.queries()).hasSize(1);
    }

    @Test
    void isSuperseded_byAPromotionElsewhere() {
        PostgresConnection connection = placed(TargetSession.ANY, PRIMARY);
        assertThat(connection.isSuperseded()).isFalse();

        lineage.saw(PROMOTED);

        assertThat(connection.isSuperseded()).isTrue();
    }

    private PostgresConnection placed(TargetSession target, ServerState state) {
        return placement(target).place(SERVER, driver, state, () -> {
            questions++;
            return answer;
        });
    }

    private Placement placement(TargetSession target) {
        return new Placement(new ServerPolicy(target, lineage));
    }

    private static ScriptedConnection connection() {
        ScriptedPostgres postgres = new ScriptedPostgres();
        var _ = postgres.connect();
        return postgres.accept();
    }
}
