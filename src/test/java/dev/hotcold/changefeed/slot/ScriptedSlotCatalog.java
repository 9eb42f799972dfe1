package dev.hotcold.changefeed.slot;

import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A catalog with one slot or none, that writes down what is done to it. */
final class ScriptedSlotCatalog implements SlotCatalog {

    private final List<String> statements = new ArrayList<>();
    private Optional<SlotState> state = Optional.empty();
    private @Nullable SQLException createFailure;
    private @Nullable SQLException dropFailure;

    void hold(SlotState.Phase phase, long lagBytes) {
        state = Optional.of(new SlotState(phase, new Lsn(0x10), lagBytes));
    }

    void failCreate(String sqlState) {
        createFailure = new SQLException("no", sqlState);
    }

    void failDrop(String sqlState) {
        dropFailure = new SQLException("no", sqlState);
    }

    List<String> statements() {
        return statements;
    }

    @Override
    public Optional<SlotState> state() {
        return state;
    }

    @Override
    public void create() throws SQLException {
        if (createFailure != null) {
            throw createFailure;
        }
        if (state.isPresent()) {
            throw new AssertionError("there is one already");
        }
        statements.add("create");
        hold(SlotState.Phase.FREE, 0);
    }

    @Override
    public void drop() throws SQLException {
        if (dropFailure != null) {
            throw dropFailure;
        }
        statements.add("drop");
        state = Optional.empty();
    }
}
