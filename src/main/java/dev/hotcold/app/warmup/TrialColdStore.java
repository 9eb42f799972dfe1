package dev.hotcold.app.warmup;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.ColdStore;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;

/**
 * PostgreSQL for lookups of users that there are not: it is asked, and an absent user is taken for a present one, so that what
 * follows is exercised too.
 *
 * <p>Confined to: its event loop.
 */
record TrialColdStore(ColdStore postgres) implements ColdStore {

    @Override
    public Future<ColdRead> read(UserId id) {
        return postgres.read(id).map(read -> switch (read) {
            case ColdRead.Present _, ColdRead.Absent _ -> new ColdRead.Present(TrialHotStore.someUser(id));
            case ColdRead.Refused refused -> refused;
        });
    }

    @Override
    public boolean isKnownDown() {
        return postgres.isKnownDown();
    }
}
