package dev.hotcold.http;

/**
 * How much clients of the public server may use.
 *
 * @param headerBytes longest headers of a request; beyond, 431
 * @param requestLineBytes longest request line, and over HTTP/2 request target; beyond, 414
 * @param connections how many may be open at once, over all event loops; 0 = no limit
 * @param streams how many requests may be in flight at once on one HTTP/2 connection
 */
public record HttpLimits(int headerBytes, int requestLineBytes, int connections, int streams) {

    public HttpLimits {
        if (requestLineBytes > headerBytes) {
            throw new IllegalArgumentException("a request line longer than all headers may be");
        }
    }

    /** The same, for so many connections. */
    HttpLimits withConnections(int most) {
        return new HttpLimits(headerBytes, requestLineBytes, most, streams);
    }
}
