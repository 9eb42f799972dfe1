package dev.hotcold.changefeed.apply;

/** A check of a table that ends when told to. */
final class ScriptedTableCheck implements TableCheck {

    private boolean settlesAtOnce = true;
    private Runnable onAsk = () -> {};
    private int asked;
    private int settled;

    /** Whether what is asked next is answered in no time; otherwise with {@link #settle}. */
    void settlesAtOnce(boolean atOnce) {
        settlesAtOnce = atOnce;
    }

    /** Answers what was asked by now. */
    void settle() {
        settled = asked;
    }

    int asked() {
        return asked;
    }

    /** Is run with each question. */
    void onAsk(Runnable action) {
        onAsk = action;
    }

    @Override
    public int ask() {
        onAsk.run();
        asked++;
        if (settlesAtOnce) {
            settle();
        }
        return asked;
    }

    @Override
    public boolean isSettled(int number) {
        return settled >= number;
    }
}
