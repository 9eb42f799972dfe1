package dev.hotcold.http.response;

import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.loop.Loop;

/**
 * Turns the result of a lookup into its response. The templates are laid out again with the first response of each second,
 * because of its timestamp and Date header.
 *
 * <p>Confined to: its event loop.
 */
public final class LookupResponses {

    private final ResponseStyle style;
    private final LookupHeaders headers;
    private final Loop loop;
    private long second;
    private ResponseTemplates templates;

    /** @param headers that all responses have */
    public LookupResponses(ResponseStyle style, LookupHeaders headers, Loop loop) {
        this.style = style;
        this.headers = headers;
        this.loop = loop;
        this.second = currentSecond();
        this.templates = new ResponseTemplates(style, headers, second);
    }

    /** The response to a lookup that ended now. */
    public LookupResponse of(LookupResult result) {
        ResponseTemplates current = currentTemplates();
        return switch (result) {
            case Found found -> new LookupResponse(current.found(found.layer()), found.user());
            case StaleUser stale -> new LookupResponse(current.stale(stale), stale.user());
            case NotFound absent -> new LookupResponse(current.notFound(absent.layer()), null);
            case Unavailable unavailable ->
                new LookupResponse(
                        unavailable.reason() == Reason.OVERLOADED ? current.overloaded() : current.failed(), null);
        };
    }

    /** The same for a caller who wanted more than others, such as the database's answer: no cache keeps it for them. */
    public LookupResponse ofBypass(LookupResult result) {
        return result instanceof Found found
                ? new LookupResponse(currentTemplates().foundForOneCaller(found.layer()), found.user())
                : of(result);
    }

    /** The response to a request that is refused under load; it may be sent again. */
    public LookupResponse overloaded() {
        return new LookupResponse(currentTemplates().overloaded(), null);
    }

    /** The response to a request without a valid user id. */
    public LookupResponse invalidUserId() {
        return new LookupResponse(currentTemplates().invalidUserId(), null);
    }

    /** Value of the Date header of a response that is made now. */
    public CharSequence date() {
        return currentTemplates().date();
    }

    private ResponseTemplates currentTemplates() {
        assert loop.isCurrent();
        long now = currentSecond();
        if (now != second) {
            second = now;
            templates = new ResponseTemplates(style, headers, now);
        }
        return templates;
    }

    private long currentSecond() {
        return Math.floorDiv(loop.epochMillis(), 1000);
    }
}
