package dev.hotcold.config.parse.postgres;

import dev.hotcold.config.parse.Flaws;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a PostgreSQL URL. Each is taken by whoever honours it; what is left over is refused by name, with what to do
 * instead: a parameter that is passed over in silence may be one that protects, or one that says which rows are read.
 *
 * <p>Confined to: one parse.
 */
final class PostgresParameters {

    /**
     * A parameter of libpq that is not supported.
     *
     * @param harmless its values that ask for nothing but what is done anyway
     * @param fix what to do about any other
     */
    private record Unsupported(Set<String> harmless, String fix) {

        static Unsupported altogether(String fix) {
            return new Unsupported(Set.of(), fix);
        }

        static Unsupported but(String harmless, String fix) {
            return new Unsupported(Set.of(harmless.split(" ")), fix);
        }
    }

    private static final String ONE_PROTOCOL = "leave it out: version 3.0 is spoken, as by every PostgreSQL";
    private static final String NO_OAUTH = "leave it out: log in by a password or a certificate, not by OAuth";
    private static final String NO_KEYS = "leave it out, and give the password, from which the keys are made";
    private static final String NO_KERBEROS = "leave it out: log in by a password or a certificate, not by Kerberos";
    private static final String IN_THE_URL = "leave it out, and write what the file says into the URL";
    private static final String NO_LIST = "leave it out: certificates that are no longer trusted need a new authority";

    private static final Map<String, Unsupported> OF_LIBPQ = Map.ofEntries(
            Map.entry("hostaddr", Unsupported.altogether("write the address as the host")),
            Map.entry("passfile", Unsupported.altogether(IN_THE_URL)),
            Map.entry("service", Unsupported.altogether(IN_THE_URL)),
            Map.entry("servicefile", Unsupported.altogether(IN_THE_URL)),
            Map.entry(
                    "replication",
                    Unsupported.but("false off no 0", "leave it out: the change feed asks for it by itself")),
            Map.entry(
                    "tcp_user_timeout",
                    Unsupported.altogether("leave it out: data unacknowledged for 5 seconds ends a connection")),
            Map.entry("gssencmode", Unsupported.but("disable prefer", NO_KERBEROS)),
            Map.entry("gssdelegation", Unsupported.but("0", NO_KERBEROS)),
            Map.entry("gsslib", Unsupported.altogether(NO_KERBEROS)),
            Map.entry("krbsrvname", Unsupported.altogether(NO_KERBEROS)),
            Map.entry(
                    "require_auth",
                    Unsupported.altogether("leave it out; sslmode=verify-full and channel_binding=require make sure of"
                            + " the server")),
            Map.entry("requirepeer", Unsupported.altogether("leave it out; protect the socket's directory")),
            Map.entry("sslcrl", Unsupported.altogether(NO_LIST)),
            Map.entry("sslcrldir", Unsupported.altogether(NO_LIST)),
            Map.entry("sslcompression", Unsupported.but("0", "leave it out: TLS is never compressed")),
            Map.entry("sslsni", Unsupported.but("1", "leave it out: the server's name is always sent")),
            Map.entry("sslcertmode", Unsupported.but("allow", "leave it out; without sslcert no certificate is shown")),
            Map.entry(
                    "sslnegotiation",
                    Unsupported.but("postgres", "leave it out: PostgreSQL 17 and newer take both ways at one port")),
            Map.entry("requiressl", Unsupported.altogether("write sslmode=require")),
            Map.entry("ssl", Unsupported.altogether("write sslmode=require, which is what ssl=true means")),
            Map.entry("sslkeylogfile", Unsupported.altogether("leave it out: keys of connections are never written")),
            Map.entry("min_protocol_version", Unsupported.but("3.0", ONE_PROTOCOL)),
            Map.entry("max_protocol_version", Unsupported.but("3.0 3.2 latest", ONE_PROTOCOL)),
            Map.entry("oauth_issuer", Unsupported.altogether(NO_OAUTH)),
            Map.entry("oauth_client_id", Unsupported.altogether(NO_OAUTH)),
            Map.entry("oauth_client_secret", Unsupported.altogether(NO_OAUTH)),
            Map.entry("oauth_scope", Unsupported.altogether(NO_OAUTH)),
            Map.entry("scram_client_key", Unsupported.altogether(NO_KEYS)),
            Map.entry("scram_server_key", Unsupported.altogether(NO_KEYS)),
            Map.entry("client_encoding", Unsupported.but("auto UTF8", "write client_encoding=UTF8, or leave it out")));

    /** What other drivers and poolers know, which libpq does not. */
    private static final Map<String, String> OF_OTHERS = Map.ofEntries(
            Map.entry("currentSchema", "write search_path"),
            Map.entry("schema", "write search_path"),
            Map.entry("ApplicationName", "write application_name"),
            Map.entry("connectTimeout", "write connect_timeout"),
            Map.entry("pool_max_conns", "set PG_MAX_CONNS"),
            Map.entry("connection_limit", "set PG_MAX_CONNS"),
            Map.entry("pool_min_conns", "leave it out: connections are opened when they are needed"),
            Map.entry("pool_max_conn_lifetime", "set PG_MAX_CONN_LIFETIME_SEC"),
            Map.entry("pool_max_conn_idle_time", "set PG_MAX_CONN_IDLE_TIME_SEC"),
            Map.entry("pool_health_check_period", "set PG_HEALTHCHECK_PERIOD_SEC"));

    private static final Set<String> SECRETS =
            Set.of("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key");

    private final Map<String, String> left;
    private final Flaws flaws;
    private final boolean hasSecret;

    PostgresParameters(Map<String, String> parameters, Flaws flaws) {
        this.left = new LinkedHashMap<>(parameters);
        this.flaws = flaws;
        this.hasSecret = SECRETS.stream().anyMatch(parameters::containsKey);
    }

    Flaws flaws() {
        return flaws;
    }

    boolean has(String name) {
        return left.containsKey(name);
    }

    /** The value; empty if there is none. */
    Optional<String> take(String name) {
        return Optional.ofNullable(left.remove(name));
    }

    /** The same, where an empty value is none. */
    Optional<String> takeText(String name) {
        return take(name).filter(text -> !text.isEmpty());
    }

    /** Whether it has this value, which then counts as taken; any other stays. */
    boolean take(String name, String value) {
        return left.remove(name, value);
    }

    /** A whole number; {@code absent} if there is none, or one that is not allowed, which is a flaw. */
    int takeNumber(String name, int min, int max, int absent) {
        Optional<String> text = take(name);
        if (text.isEmpty()) {
            return absent;
        }
        if (text.get().matches("[0-9]{1,9}")) {
            int number = Integer.parseInt(text.get());
            if (number >= min && number <= max) {
                return number;
            }
        }
        flaws.add(name + " from " + min + " to " + max);
        return absent;
    }

    /** Refuses what nobody has taken. */
    void refuseRest() {
        left.forEach((name, value) -> {
            Unsupported unsupported = OF_LIBPQ.get(name);
            if (unsupported != null) {
                if (unsupported.harmless().stream().noneMatch(plain(value)::equalsIgnoreCase)) {
                    String unless = unsupported.harmless().isEmpty() ? "no parameter " : "only defaults for ";
                    flaws.add(unless + name, unsupported.fix());
                }
            } else if (OF_OTHERS.containsKey(name)) {
                flaws.add("no parameter " + name, OF_OTHERS.get(name));
            } else if (hasSecret) {
                // It may be a part of one, cut off at its own &.
                flaws.add("parameters of libpq only", "percent-encode user, password and parameters: & is %26");
            } else {
                flaws.add(
                        "parameters of libpq only, and no " + name,
                        "leave it out; a setting of the server goes into options=-c%20" + name + "%3DVALUE");
            }
        });
    }

    /** Encodings may be written with a hyphen. */
    private static String plain(String value) {
        return value.equalsIgnoreCase("utf-8") ? "UTF8" : value;
    }
}
