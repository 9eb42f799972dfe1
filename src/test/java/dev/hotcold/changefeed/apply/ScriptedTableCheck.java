package dev.hotcold.changefeed.apply;

/** A check of a table that ends when told to. */
final class ScriptedTableCheck implements TableCheck {

    private boolean settlesAtOnce = true;
    private boolean settled = true;

    /** Whether the next descriptions are checked in no time; otherwise with {@link #settle}. */
    void isSettledAtOnce(boolean atOnce) {
        settlesAtOnce = atOnce;
    }

    void settle() {
        settled = true;
    }

    @Override
    public void tableDescribed() {
        settled = settlesAtOnce;
    }

    @Override
    public boolean isSettled() {
        return settled;
    }
}
