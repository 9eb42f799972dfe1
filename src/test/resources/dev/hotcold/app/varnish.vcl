# Defaults throughout: what anyone would put in front of the service.
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "SERVICE_PORT";
}
