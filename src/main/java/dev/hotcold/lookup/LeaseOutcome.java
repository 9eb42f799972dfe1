package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;

/** The outcome of a request for a lease. */
public sealed interface LeaseOutcome {

    /** The caller is to read the cold store, and may fill with what it finds. */
    record Granted(LeaseToken token) implements LeaseOutcome {}

    /**
     * The user is in the hot store by now.
     *
     * @param isUnproven whether nothing proves that what is there is as young as is demanded
     */
    record Filled(UserJson user, boolean isUnproven) implements LeaseOutcome {

        /** One that is as young as is demanded. */
        public Filled(UserJson user) {
            this(user, false);
        }
    }

    /** Outcomes that carry nothing. */
    enum Other implements LeaseOutcome {
        /** The hot store knows that there is no such user. */
        KNOWN_ABSENT,
        /** Somebody else holds the lease for too long, or a change forbids fills: read, but do not fill. */
        DENIED
    }
}
