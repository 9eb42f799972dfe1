package dev.hotcold.changefeed.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.changefeed.slot.SlotState.Phase;
import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlotKeeperTest {

    private static final long MAX_LAG = 1000;
    private static final String IN_USE = "55006";
    private static final String DUPLICATE = "42710";
    private static final String UNDEFINED = "42704";

    private final ScriptedSlotCatalog catalog = new ScriptedSlotCatalog();
    private final SlotKeeper keeper = new SlotKeeper("the_slot", MAX_LAG);

    @Test
    void ensureSlot_missing_createsIt() throws SQLException {
        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Free.FREE);
        assertThat(catalog.statements()).containsExactly("create");
        assertThat(keeper.isNew()).isTrue();
    }

    @Test
    void ensureSlot_freeAndFit_leavesItAsItIs() throws SQLException {
        catalog.hold(Phase.FREE, MAX_LAG);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Free.FREE);
        assertThat(catalog.statements()).isEmpty();
        assertThat(keeper.isNew()).isFalse();
    }

    /** Otherwise it would fail there for ever, and nobody's later changes would be applied. */
    @Test
    void ensureSlot_threeFailuresAtOnePlace_replacesIt() throws SQLException {
        catalog.hold(Phase.FREE, 0);
        Lsn confirmed = catalog.state().orElseThrow().confirmed();
        keeper.unreadable(new Lsn(1));
        keeper.unreadable(confirmed);
        keeper.unreadable(confirmed);
        keeper.ensureSlot(catalog);
        assertThat(catalog.statements()).isEmpty();

        keeper.unreadable(confirmed);
        keeper.ensureSlot(catalog);
        keeper.ensureSlot(catalog);

        assertThat(catalog.statements()).containsExactly("drop", "create");
        assertThat(keeper.isNew()).isTrue();
    }

    @Test
    void ensureSlot_foreign_isRefusedWithTheSettingToChange() throws SQLException {
        catalog.hold(Phase.FOREIGN, 2 * MAX_LAG);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured)
                .isInstanceOfSatisfying(
                        EnsuredSlot.Unusable.class,
                        unusable -> assertThat(unusable.reason())
                                .contains("the_slot", "another plug-in or database", "CHANGE_FEED_SLOT"));
        assertThat(catalog.statements()).isEmpty();
    }

    /** Neither dropped nor created over, whatever else is wrong with it. */
    @Test
    void ensureSlot_copyOnAStandby_isLeftAsItIs() throws SQLException {
        catalog.hold(Phase.COPY, 2 * MAX_LAG);
        keeper.publicationCreated();

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured)
                .isInstanceOfSatisfying(
                        EnsuredSlot.Unusable.class,
                        unusable -> assertThat(unusable.reason()).contains("the_slot", "standby's copy"));
        assertThat(catalog.statements()).isEmpty();
        assertThat(keeper.isNew()).isFalse();
    }

    @Test
    void ensureSlot_beingCreated_saysWhatItWaitsFor() throws SQLException {
        catalog.hold(Phase.CREATING, 0);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured)
                .isInstanceOfSatisfying(
                        EnsuredSlot.Unusable.class,
                        unusable -> assertThat(unusable.reason()).contains("is being created", "open transactions"));
        assertThat(catalog.statements()).isEmpty();
    }

    @Test
    void ensureSlot_invalidated_isDroppedAndCreated() throws SQLException {
        catalog.hold(Phase.INVALIDATED, 0);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Free.FREE);
        assertThat(catalog.statements()).containsExactly("drop", "create");
        assertThat(keeper.isNew()).isTrue();
    }

    @Test
    void ensureSlot_lagsTooFar_isDroppedAndCreated() throws SQLException {
        catalog.hold(Phase.FREE, MAX_LAG + 1);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Free.FREE);
        assertThat(catalog.statements()).containsExactly("drop", "create");
        assertThat(keeper.isNew()).isTrue();
    }

    @Test
    void ensureSlot_olderThanThePublication_isDroppedAndCreatedOnce() throws SQLException {
        catalog.hold(Phase.FREE, 0);
        keeper.publicationCreated();

        keeper.ensureSlot(catalog);
        EnsuredSlot again = keeper.ensureSlot(catalog);

        assertThat(again).isEqualTo(EnsuredSlot.Free.FREE);
        assertThat(catalog.statements()).containsExactly("drop", "create");
        assertThat(keeper.isNew()).isTrue();
    }

    /** Whatever is wrong with it: its owner sees to that. */
    @Test
    void ensureSlot_followed_isTakenAndLeftAsItIs() throws SQLException {
        catalog.hold(Phase.FOLLOWED, 2 * MAX_LAG);
        keeper.publicationCreated();

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Taken.TAKEN);
        assertThat(catalog.statements()).isEmpty();
    }

    @Test
    void ensureSlot_anotherInstanceCreatesItFirst_isTakenAndNotNew() throws SQLException {
        catalog.failCreate(DUPLICATE);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Taken.TAKEN);
        assertThat(keeper.isNew()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {IN_USE, UNDEFINED})
    void ensureSlot_anotherInstanceFollowsOrDropsItFirst_isTakenAndNotNew(String sqlState) throws SQLException {
        catalog.hold(Phase.INVALIDATED, 0);
        catalog.failDrop(sqlState);

        EnsuredSlot ensured = keeper.ensureSlot(catalog);

        assertThat(ensured).isEqualTo(EnsuredSlot.Taken.TAKEN);
        assertThat(keeper.isNew()).isFalse();
    }

    @Test
    void ensureSlot_createFailsOtherwise_fails() {
        catalog.failCreate("53400"); // all replication slots are in use

        assertThatThrownBy(() -> keeper.ensureSlot(catalog)).isInstanceOf(SQLException.class);

        assertThat(keeper.isNew()).isFalse();
    }

    @Test
    void isTaken_slotIsInUse_isSoAndTheSlotStays() throws SQLException {
        catalog.hold(Phase.FREE, 0);

        boolean taken = keeper.isTaken(new SQLException("slot is active", IN_USE));

        assertThat(taken).isTrue();
        keeper.ensureSlot(catalog);
        assertThat(catalog.statements()).isEmpty();
    }

    /** The publication was dropped and created: at the slot's place in the log there is none. */
    @Test
    void isTaken_publicationIsUndefined_isNotSoAndTheSlotIsReplaced() throws SQLException {
        catalog.hold(Phase.FREE, 0);

        boolean taken = keeper.isTaken(new SQLException("publication does not exist", UNDEFINED));

        assertThat(taken).isFalse();
        keeper.ensureSlot(catalog);
        assertThat(catalog.statements()).containsExactly("drop", "create");
    }

    @Test
    void isNew_sessionEndsBeforeTheFlush_staysSo() throws SQLException {
        keeper.ensureSlot(catalog);
        keeper.ensureSlot(catalog);
        assertThat(keeper.isNew()).isTrue();

        keeper.cacheFlushed();

        assertThat(keeper.isNew()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void isHeld_phase_isSoWhileAnInstanceUsesTheSlot(Phase phase) {
        catalog.hold(phase, 0);

        assertThat(catalog.state().orElseThrow().isHeld())
                .isEqualTo(phase == Phase.FOLLOWED || phase == Phase.CREATING);
    }
}
