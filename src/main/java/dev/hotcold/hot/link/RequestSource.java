package dev.hotcold.hot.link;

/** Forms requests of what has accumulated during a turn, so that all of it shares few commands and one write. */
@FunctionalInterface
public interface RequestSource {

    /** Enqueues on the link what is due. Called at the end of a turn, in the order in which sources were added. */
    void enqueueDue();
}
