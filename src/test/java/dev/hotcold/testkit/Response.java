package dev.hotcold.testkit;

import io.vertx.core.MultiMap;

/**
 * An HTTP response, read to its end.
 *
 * @param body decoded as UTF-8
 */
public record Response(int status, MultiMap headers, String body) {

    /** The value of a header; "" when it is absent. */
    public String header(String name) {
        String value = headers.get(name);
        return value == null ? "" : value;
    }
}
