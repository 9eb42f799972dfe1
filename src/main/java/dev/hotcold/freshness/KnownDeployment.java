package dev.hotcold.freshness;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The deployment that one event loop looks users up in, put together from what PostgreSQL says: each connection which system it leads
 * to, and whoever looks for the table which one that is.
 *
 * <p>Confined to: its event loop.
 */
public final class KnownDeployment {

    /** Hears that it is another one, or known for the first time. */
    @FunctionalInterface
    public interface Listener {

        /**
         * It is another one.
         *
         * @param before what it was up to now; empty = not known
         */
        void changed(Optional<Deployment> before);
    }

    private final AtomicReference<Optional<Deployment>> newest;
    private Listener listener = before -> {};
    private String system = "";
    private Optional<Deployment> current = Optional.empty();

    /** Of a loop that knows of no others. */
    public KnownDeployment() {
        this(new AtomicReference<>(Optional.empty()));
    }

    /** @param newest what any loop of the process has found last; shared by all of them */
    public KnownDeployment(AtomicReference<Optional<Deployment>> newest) {
        this.newest = newest;
    }

    /** Whether another loop has found another one since: this one has, at best, not asked PostgreSQL lately. */
    public boolean isSuperseded() {
        return current.isPresent()
                && newest.get().filter(other -> !other.isSame(current.get())).isPresent();
    }

    /** Who hears of changes. */
    public void onChange(Listener heard) {
        listener = heard;
    }

    /** What it is; empty = PostgreSQL has not said yet. */
    public Optional<Deployment> get() {
        return current;
    }

    /**
     * A connection was opened.
     *
     * @param identifier of the system that it leads to; "" = PostgreSQL does not say, and it counts as the one before
     */
    public void isIn(String identifier) {
        if (!identifier.isEmpty() && !identifier.equals(system)) {
            system = identifier;
            current.ifPresent(was -> become(new Deployment(system, was.database(), was.table())));
        }
    }

    /** The table was looked for, and found. */
    public void isTable(String database, String table) {
        Deployment found = new Deployment(system, database, table);
        if (!current.equals(Optional.of(found))) {
            become(found);
        }
    }

    /** The table was looked for, and is not there. One that was there may come back. */
    public void hasNoTable(String database) {
        if (current.isEmpty() || !current.get().database().equals(database)) {
            become(new Deployment(system, database, ""));
        }
    }

    private void become(Deployment next) {
        Optional<Deployment> before = current;
        current = Optional.of(next);
        newest.set(current);
        listener.changed(before);
    }
}
