# As docs/operate/proxies.md has it for CACHE_BYPASS=on; otherwise the defaults.
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "SERVICE_PORT";
}

sub vcl_recv {
    if (req.http.Cache-Control ~ "no-cache") { return (pass); }
}
