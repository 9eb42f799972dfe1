package dev.hotcold.http.request;

import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.EXPECT;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.TRANSFER_ENCODING;
import static io.netty.handler.codec.http.HttpHeaderNames.UPGRADE;

import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rules for a whole HTTP/1 request head, whose lines are each well-formed. */
final class RequestHead {

    private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("http2-settings");

    private RequestHead() {}

    /** Finds what is wrong with a request. @return null = nothing */
    static @Nullable RefusedRequestException check(HttpRequest request) {
        RefusedRequestException fault = checkHost(request);
        if (fault == null) {
            fault = checkTarget(request.method(), request.uri());
        }
        if (fault == null) {
            fault = checkFraming(request);
        }
        return fault == null ? checkExpectation(request) : fault;
    }

    /** There is nothing to upgrade to: HTTP/2 begins with its preface, where it does (RFC 9113, section 3.1). */
    static void ignoreUpgrade(HttpRequest request) {
        request.headers().remove(UPGRADE).remove(HTTP2_SETTINGS);
    }

    static boolean hasBody(HttpRequest request) {
        String length = request.headers().get(CONTENT_LENGTH);
        return isChunked(request) || (length != null && !length.chars().allMatch(digit -> digit == '0'));
    }

    static boolean isChunked(HttpRequest request) {
        return request.headers().contains(TRANSFER_ENCODING);
    }

    static boolean expectsContinue(HttpRequest request) {
        return !isHttp10(request) && request.headers().contains(EXPECT);
    }

    /** Whether the client wants no further response, in however many options it says so (RFC 9112, section 9.6). */
    static boolean asksToClose(HttpRequest request) {
        for (String options : request.headers().getAll(CONNECTION)) {
            for (String option : options.split(",", -1)) {
                if (HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(option.strip())) {
                    return true;
                }
            }
        }
        return false;
    }

    static void closeAfter(HttpRequest request) {
        request.headers().set(CONNECTION, HttpHeaderValues.CLOSE);
    }

    private static @Nullable RefusedRequestException checkHost(HttpRequest request) {
        List<String> hosts = request.headers().getAll(HOST);
        if (hosts.isEmpty()) {
            return isHttp10(request) ? null : malformed("no Host");
        }
        return hosts.size() == 1 && RequestSyntax.isHost(hosts.getFirst()) ? null : malformed("not one valid Host");
    }

    /** The forms of RFC 9112, section 3.2. */
    private static @Nullable RefusedRequestException checkTarget(HttpMethod method, String target) {
        boolean valid;
        if (method.equals(HttpMethod.CONNECT)) {
            valid = target.lastIndexOf(':') > 0 && RequestSyntax.isHost(target);
        } else if (target.equals("*")) {
            valid = method.equals(HttpMethod.OPTIONS);
        } else {
            valid = target.startsWith("/") || isAbsolute(target.toLowerCase(Locale.ROOT));
        }
        return valid ? null : malformed("not a request target");
    }

    private static boolean isAbsolute(String target) {
        int scheme = target.startsWith("http://") ? 7 : target.startsWith("https://") ? 8 : -1;
        if (scheme < 0) {
            return false;
        }
        int end = scheme;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        return RequestSyntax.isHost(target.substring(scheme, end));
    }

    /**
     * RFC 9112, sections 6.1 to 6.3. Netty refuses too what leaves the length of a body in doubt; it is lenient where a list
     * has empty members, and says 400 to all.
     */
    private static @Nullable RefusedRequestException checkFraming(HttpRequest request) {
        HttpHeaders headers = request.headers();
        List<String> lengths = headers.getAll(CONTENT_LENGTH);
        List<String> codings = headers.getAll(TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            boolean valid = lengths.isEmpty() || (lengths.size() == 1 && isDecimal(lengths.getFirst()));
            return valid ? null : malformed("not one valid Content-Length");
        }
        if (!lengths.isEmpty() || codings.size() > 1 || isHttp10(request)) {
            return malformed("ambiguous Transfer-Encoding");
        }
        return codings.getFirst().equalsIgnoreCase("chunked")
                ? null
                : new RefusedRequestException(501, "a body has no transfer coding but chunked");
    }

    private static boolean isDecimal(String text) {
        return !text.isEmpty() && text.chars().allMatch(digit -> digit >= '0' && digit <= '9');
    }

    private static @Nullable RefusedRequestException checkExpectation(HttpRequest request) {
        if (isHttp10(request)) {
            return null;
        }
        boolean known = request.headers().getAll(EXPECT).stream().allMatch("100-continue"::equalsIgnoreCase);
        return known ? null : new RefusedRequestException(417, "the only expectation is 100-continue");
    }

    private static boolean isHttp10(HttpRequest request) {
        return request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    }

    static RefusedRequestException malformed(String why) {
        return new RefusedRequestException(400, why);
    }
}
