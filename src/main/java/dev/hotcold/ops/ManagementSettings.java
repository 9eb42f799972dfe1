package dev.hotcold.ops;

/**
 * The management server: metrics and health, apart from the public port.
 *
 * @param host address to listen on
 * @param port TCP port; 0 = any free one
 */
public record ManagementSettings(String host, int port) {}
