package dev.hotcold.app;

/** Ends a fault. */
interface Repair extends AutoCloseable {
    @Override
    void close();
}
