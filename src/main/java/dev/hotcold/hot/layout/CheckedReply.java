package dev.hotcold.hot.layout;

import org.jspecify.annotations.Nullable;

/** A reply that may be no error, and no answer either. */
public interface CheckedReply {

    /** Why it answers nothing; null = it does. */
    @Nullable String flaw();
}
