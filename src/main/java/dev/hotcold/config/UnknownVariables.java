package dev.hotcold.config;

import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds variables that look like settings and are none: a typing error, or a setting of an earlier version. */
final class UnknownVariables {
    private static final Set<String> NAMES =
            Settings.ALL.stream().map(Setting::name).collect(Collectors.toSet());

    /** What the names begin with, underscore included. */
    private static final Set<String> PREFIXES = NAMES.stream()
            .filter(name -> name.contains("_"))
            .map(name -> name.substring(0, name.indexOf('_') + 1))
            .collect(Collectors.toSet());

    /** What PostgreSQL's own tools read: PGPORT, PGHOST and so on. */
    private static final Predicate<String> OF_POSTGRES =
            Pattern.compile("PG[A-Z]+").asMatchPredicate();

    /** Well known to other programs: the proxy of HTTP clients, the colours of PostgreSQL's tools. */
    private static final Set<String> FOREIGN = Set.of("HTTP_PROXY", "PG_COLOR", "PG_COLORS");

    /** What Kubernetes and Docker set for a service called redis, pg, cache and so on. */
    private static final Predicate<String> SERVICE_LINK = Pattern.compile("\\w+_SERVICE_(?:HOST|PORT(?:_\\w+)?)"
                    + "|\\w+_PORT_\\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?"
                    + "|\\w+_ENV_\\w+")
            .asMatchPredicate();

    private static final Predicate<String> SERVICE_ADDRESS =
            Pattern.compile("(?:tcp|udp|sctp)://.*").asMatchPredicate();

    private UnknownVariables() {}

    /** One line per unknown variable, in alphabetical order; never its value, which may be a secret. */
    static List<String> warnings(Map<String, String> environment) {
        return environment.entrySet().stream()
                .filter(variable -> isRetired(variable.getKey()) || isSuspect(variable.getKey(), variable.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .map(UnknownVariables::warning)
                .toList();
    }

    private static String warning(String name) {
        return RetiredSettings.warning(name)
                .orElseGet(() -> "unknown variable " + name + " is ignored; the nearest known name is "
                        + NearestName.of(name, NAMES));
    }

    private static boolean isRetired(String name) {
        return RetiredSettings.warning(name).isPresent();
    }

    private static boolean isSuspect(String name, String value) {
        boolean looksLikeOne = PREFIXES.stream().anyMatch(name::startsWith)
                || NearestName.mistaken(name, NAMES).isPresent();
        return looksLikeOne
                && !NAMES.contains(name)
                && !FOREIGN.contains(name)
                && !OF_POSTGRES.test(name)
                && !SERVICE_LINK.test(name)
                && !(name.endsWith("_PORT") && SERVICE_ADDRESS.test(value))
                && !(name.endsWith("_NAME") && value.startsWith("/"));
    }
}
