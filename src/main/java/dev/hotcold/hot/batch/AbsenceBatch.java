package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.lookup.LookupObserver;
import io.lettuce.core.protocol.CommandArgs;
import java.util.List;

/**
 * Absences that travel as one script.
 *
 * <p>Confined to: its event loop.
 */
final class AbsenceBatch extends StoringBatch {

    private final UserKeys keys;
    private final List<Fills.Absence> absences;

    AbsenceBatch(UserKeys keys, List<Fills.Absence> absences, LookupObserver observer) {
        super(Script.ABSENT, absences.stream().filter(Fills.Absence::isNoted).count(), observer);
        this.keys = keys;
        this.absences = absences;
    }

    @Override
    protected int keys() {
        return 3 * absences.size();
    }

    @Override
    protected void addTo(CommandArgs<byte[], byte[]> arguments) {
        for (Fills.Absence absence : absences) {
            keys.addAll(absence.id(), arguments);
        }
        for (Fills.Absence absence : absences) {
            arguments.add(absence.token()).add(absence.life().toMillis());
        }
    }
}
