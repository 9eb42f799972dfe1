package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.Lsn;
import java.util.HashSet;
import java.util.Set;

/** A database whose readers see every transaction but those that are hidden. */
public final class ScriptedSnapshots implements Snapshots {

    private static final int END = 1000;

    private final Set<Integer> hidden = new HashSet<>();
    private int taken;
    private int showsAt = -1;
    private int shown;
    private int flushes;
    private Lsn end = new Lsn(0);

    /** One that hides nothing. */
    public ScriptedSnapshots() {}

    void hide(int transaction) {
        hidden.add(transaction);
    }

    void show(int transaction) {
        hidden.remove(transaction);
    }

    /** Hides a transaction from so many looks. */
    void hideFor(int looks, int transaction) {
        hide(transaction);
        showsAt = taken + looks;
        shown = transaction;
    }

    int taken() {
        return taken;
    }

    /** How often the log was to be written. */
    int flushes() {
        return flushes;
    }

    @Override
    public void flushLog() {
        flushes++;
    }

    @Override
    public Lsn endOfLog() {
        return end;
    }

    void endAt(Lsn position) {
        end = position;
    }

    @Override
    public Snapshot take() {
        if (taken == showsAt) {
            show(shown);
        }
        taken++;
        return new Snapshot(END, Set.copyOf(hidden));
    }
}
