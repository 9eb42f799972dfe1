package dev.hotcold.lookup;

import java.time.Duration;

/**
 * What bounds one lookup.
 *
 * @param budget the longest a caller waits for an answer, whatever happens behind it; positive
 */
public record LookupSettings(Duration budget) {}
