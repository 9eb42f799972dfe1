package dev.hotcold.http;

import java.time.Duration;

/**
 * How long clients of the public server may take.
 *
 * @param read the longest from the first byte of a request to the last of its headers; zero = no limit
 * @param write the longest a client may leave a response unread; zero = no limit
 * @param idle a connection without traffic for this long is closed; zero = no limit
 */
public record HttpTimeouts(Duration read, Duration write, Duration idle) {}
