package dev.hotcold.http;

import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;

/**
 * What stands behind the public server on one event loop.
 *
 * @param lookup answers
 * @param lookups observes lookups
 * @param refusals observes what the server refuses
 */
public record ApiBackend(Lookup lookup, LookupObserver lookups, RefusalObserver refusals) {}
