package dev.hotcold.http.access;

import java.time.Instant;
import java.util.Optional;

/** What operators see of the files that decide who may connect and look up. Any thread. */
public interface CredentialStatus {

    /** What is read from files. */
    enum Kind {
        /** The server's certificate and its key. */
        CERTIFICATE,
        /** The authorities of clients' certificates. */
        CLIENT_AUTHORITY,
        /** The keys of callers. */
        API_KEYS
    }

    /** Why what is in effect is not what the files say, or is of no use; empty: all is well, or there are no such files. */
    Optional<String> problem(Kind kind);

    /** How many checks found files that cannot be used. */
    long failures(Kind kind);

    /** How long ago the last check of the files ended; NaN = there are no such files. */
    double secondsSinceCheck(Kind kind);

    /** The end of the validity of the certificate in effect; empty: there is none. */
    Optional<Instant> certificateEnd();
}
