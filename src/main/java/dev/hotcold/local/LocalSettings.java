package dev.hotcold.local;

import java.nio.file.Path;

/**
 * Where embedded servers keep what they must keep.
 *
 * @param dataDirectory PostgreSQL's cluster lives below it and survives restarts; created when missing
 */
public record LocalSettings(Path dataDirectory) {}
