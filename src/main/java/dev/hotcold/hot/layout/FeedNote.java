package dev.hotcold.hot.layout;

/** Fields of what is noted of a change feed. */
public final class FeedNote {

    /** Changes while the session of the feed lives. */
    public static final String LIFE = "life";

    /** What {@link #LIFE} is once the session has ended as it should. */
    public static final String LEFT = "left";

    private FeedNote() {}
}
