package dev.hotcold.app;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes up sequences of requests as a client might send them that looks for what two recipients read differently: most parts
 * well-formed, some odd, and now and then a byte changed. The same seed makes the same bytes.
 *
 * <p>Confined to: one thread.
 */
final class OddRequests {

    private static final String[] METHODS = {"GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "get", "G@T", ""};

    private static final String[] TARGETS = {
        "/v1/users?user_id=alice",
        "/v1/users?user_id=alice",
        "/v1/users?user_id=%61lice",
        "/v1/users?x=1&user_id=alice",
        "/v1/users?user_id=a+b",
        "/v1/users?user_id=%",
        "/v1/users?",
        "/v1/users",
        "/v1/users?user_id=alice#x",
        "/v1/users?user_id=\u00e9",
        "/v1/users?user_id={|}",
        "/v1%2Fusers?user_id=alice",
        "http://a/v1/users?user_id=alice",
        "/nix",
        "*",
        "a:80",
        "v1/users",
        ""
    };

    private static final String[] VERSIONS = {
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.0",
        "HTTP/1.2",
        "HTTP/2.0",
        "http/1.1",
        "HTTP/1.10",
        "FOO/1.1",
        ""
    };

    private static final String[] HOSTS = {
        "Host: a\r\n",
        "Host: a\r\n",
        "Host: a\r\n",
        "host:localhost:80\r\n",
        "HOST: \t[::1]:8080 \r\n",
        "Host:\r\n",
        "Host: a b\r\n",
        "Host: a:99999\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: u@a\r\n",
        "Host: %61\r\n",
        "Host : a\r\n",
        ""
    };

    private static final String[] HEADERS = {
        "Accept: */*\r\n",
        "User-Agent: odd\r\n",
        "Connection: keep-alive\r\n",
        "Connection: keep-alive \r\n",
        "Connection: Keep-Alive, X\r\n",
        "Connection: close\r\n",
        "Connection:\r\n",
        "Keep-Alive: timeout=5\r\n",
        "Upgrade: h2c\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n",
        "Sec-WebSocket-Key1: a\r\nSec-WebSocket-Key2: b\r\n",
        "Expect: 100-continue\r\n",
        "Expect: x\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 00\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length : 3\r\n",
        "Content_Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding:\u000bchunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Cache-Control: no-cache\r\n",
        "Cache-Control: max-age=0\r\nCache-Control: no-cache\r\n",
        "Authorization: Bearer x\r\n",
        "X: a\r\n b\r\n",
        "X: a\rb\r\n",
        "X: a\n",
        "X: \u0000\r\n",
        "X: \u00e9\r\n",
        "X: \u007f\r\n",
        ": x\r\n",
        "X\r\n",
        "X:\r\n",
        "!#$%&'*+-.^_`|~: x\r\n",
        "X: " + "y".repeat(2100) + "\r\n",
        "X: " + "y".repeat(17_000) + "\r\n"
    };

    private static final String[] BODIES = {
        "",
        "",
        "abc",
        "abcd",
        "3\r\nabc\r\n0\r\n\r\n",
        "3;x=y\r\nabc\r\n0\r\nT: x\r\n\r\n",
        "3\nabc\n0\n\n",
        "zz\r\n",
        "0\r\n\r\n"
    };

    private static final String ODD_BYTES = "\r\n\t\u0000\u000b :,;/?#%+\u00ff\u007fA0";

    private final Random random;

    OddRequests(long seed) {
        this.random = new Random(seed);
    }

    /** One to three requests. */
    byte[] next() {
        StringBuilder text = new StringBuilder();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            append(text);
        }
        while (random.nextInt(4) == 0) {
            mutate(text);
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The same bytes in pieces. */
    List<byte[]> split(byte[] bytes) {
        List<byte[]> pieces = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int end = random.nextInt(3) == 0 ? at + 1 + random.nextInt(bytes.length - at) : bytes.length;
            pieces.add(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        return pieces;
    }

    private void append(StringBuilder text) {
        if (random.nextInt(20) == 0) {
            text.append("\r\n");
        }
        text.append(likely(METHODS))
                .append(' ')
                .append(likely(TARGETS))
                .append(' ')
                .append(likely(VERSIONS))
                .append("\r\n");
        int others = random.nextInt(3);
        for (int i = 0; i < others; i++) {
            text.append(one(HEADERS));
        }
        text.append(likely(HOSTS));
        for (int i = random.nextInt(2); i > 0; i--) {
            text.append(one(HEADERS));
        }
        text.append("\r\n").append(random.nextInt(3) == 0 ? one(BODIES) : "");
    }

    private void mutate(StringBuilder text) {
        int at = random.nextInt(text.length());
        char odd = ODD_BYTES.charAt(random.nextInt(ODD_BYTES.length()));
        switch (random.nextInt(3)) {
            case 0 -> text.setCharAt(at, odd);
            case 1 -> text.insert(at, odd);
            default -> text.deleteCharAt(at);
        }
    }

    /** The first choice two times in three, so that most requests have but one odd part. */
    private String likely(String[] choices) {
        return random.nextInt(3) > 0 ? choices[0] : one(choices);
    }

    private String one(String[] choices) {
        return choices[random.nextInt(choices.length)];
    }
}
