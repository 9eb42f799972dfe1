package dev.hotcold.changefeed.slot;

/** What came of ensuring the slot. */
public sealed interface EnsuredSlot {

    /** The slot is there, and no instance follows it. */
    enum Free implements EnsuredSlot {
        FREE
    }

    /** Another instance follows the slot, or was faster to create or drop it. */
    enum Taken implements EnsuredSlot {
        TAKEN
    }

    /**
     * The slot cannot be followed now.
     *
     * @param reason a sentence for an operator, without secrets
     */
    record Unusable(String reason) implements EnsuredSlot {}
}
