package dev.hotcold.hot.layout;

/** Fields of what is noted of a change feed. */
public final class FeedNote {

    /** The session that counts beats: that of the feed, unless it is of a version that counts none. */
    public static final String BEATS_OF = "beats_of";

    /** The session that is to be the next, and after a blank whether it is {@link #READY}. */
    public static final String NEXT = "next";

    /** What {@link #NEXT} ends with when that session could begin at once. */
    public static final String READY = "ready";

    /** Changes while the session of the feed lives. */
    public static final String LIFE = "life";

    /** What {@link #LIFE} begins with when the session is to end before long, and still lives. */
    public static final String LEAVING = "leaving ";

    /** What {@link #LIFE} is once the session has ended as it should. */
    public static final String LEFT = "left";

    private FeedNote() {}
}
