package dev.hotcold.hot.link;

import java.time.Duration;

/**
 * How requests to a Redis node are timed and repeated.
 *
 * @param readTimeout the longest a batch of reads waits for its reply once sent
 * @param writeTimeout the longest a batch of fills waits for its reply once sent
 * @param maxResends how often a batch of reads is sent again when its connection broke before the reply; 0 = never
 * @param maxIdle a connection unused for this long is replaced by a new one; zero = never
 */
public record LinkSettings(Duration readTimeout, Duration writeTimeout, int maxResends, Duration maxIdle) {}
