package dev.hotcold.changefeed;

import dev.hotcold.changefeed.apply.TableCheck;
import dev.hotcold.changefeed.slot.SlotMonitor;

/**
 * The check of a table that the log describes, by the monitor of the slot.
 *
 * @param monitor which checks
 * @param fingerprint of the table whose changes are followed
 */
record DescribedTable(SlotMonitor monitor, String fingerprint) implements TableCheck {

    @Override
    public int ask() {
        return monitor.askTable();
    }

    @Override
    public boolean isSettled(int number) {
        return monitor.checkedTable(number).filter(fingerprint::equals).isPresent();
    }
}
