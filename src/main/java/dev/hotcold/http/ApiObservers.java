package dev.hotcold.http;

import dev.hotcold.lookup.LookupObserver;

/**
 * Who observes the public server.
 *
 * @param lookups what lookups do
 * @param refusals what the server refuses
 */
public record ApiObservers(LookupObserver lookups, RefusalObserver refusals) {}
