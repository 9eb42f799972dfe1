package dev.hotcold.http;

/**
 * What one client, and all together, may take of the public server.
 *
 * @param headerBytes the longest a request's headers may be; beyond, it is refused by 431
 * @param requestLineBytes the longest a request line may be, and over HTTP/2 a request target; beyond, 414
 * @param connections how many may be open at once, over all event loops; 0 = no limit
 * @param streams how many requests may be under way at once on one HTTP/2 connection
 */
public record HttpLimits(int headerBytes, int requestLineBytes, int connections, int streams) {}
