package dev.hotcold.changefeed.apply;

import java.util.HashSet;
import java.util.Set;

/** A database whose readers see every transaction but those that are hidden. */
final class ScriptedSnapshots implements Snapshots {

    private static final int END = 1000;

    private final Set<Integer> hidden = new HashSet<>();
    private int taken;

    void hide(int transaction) {
        hidden.add(transaction);
    }

    void show(int transaction) {
        hidden.remove(transaction);
    }

    int taken() {
        return taken;
    }

    @Override
    public Snapshot take() {
        taken++;
        return new Snapshot(END, Set.copyOf(hidden));
    }
}
