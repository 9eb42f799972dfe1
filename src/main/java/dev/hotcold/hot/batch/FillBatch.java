package dev.hotcold.hot.batch;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.lookup.LookupObserver;
import io.lettuce.core.protocol.CommandArgs;
import java.util.List;

/**
 * Fills that travel as one script.
 *
 * <p>Confined to: its event loop.
 */
final class FillBatch extends StoringBatch {

    private final UserKeys keys;
    private final List<Fills.Fill> fills;

    FillBatch(UserKeys keys, List<Fills.Fill> fills, LookupObserver observer) {
        super(Script.FILL, fills.stream().filter(Fills.Fill::stores).count(), observer);
        this.keys = keys;
        this.fills = fills;
    }

    @Override
    protected int keys() {
        return 2 * fills.size();
    }

    @Override
    protected void addTo(CommandArgs<byte[], byte[]> arguments) {
        for (Fills.Fill fill : fills) {
            arguments.addKey(keys.user(fill.id())).addKey(keys.lease(fill.id()));
        }
        for (Fills.Fill fill : fills) {
            arguments
                    .add(fill.lease().value())
                    .add(fill.stored().value())
                    .add(fill.stored().keyMillis());
        }
    }
}
