package dev.hotcold.http;

/** What is answered to a lookup, whatever the version of HTTP. */
record LookupResponse(ResponseHead head, ResponseBody body) {}
