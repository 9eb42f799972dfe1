package dev.hotcold.config.parse.postgres;

import dev.hotcold.cold.server.PostgresServer;
import dev.hotcold.cold.server.ServerList;
import dev.hotcold.cold.server.TargetSession;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a PostgreSQL URL says about which of its servers is used. */
final class TargetParameters {

    private static final String TARGET = "target_session_attrs";
    private static final String BALANCE = "load_balance_hosts";

    private TargetParameters() {}

    static ServerList take(List<PostgresServer> servers, PostgresParameters parameters) {
        Optional<String> named = parameters.takeText(TARGET);
        Optional<TargetSession> target = named.flatMap(text -> Arrays.stream(TargetSession.values())
                .filter(candidate -> candidate.label().equals(text))
                .findFirst());
        if (named.isPresent() && target.isEmpty()) {
            parameters.flaws().add(TARGET + " any, read-write, read-only, primary, standby or prefer-standby");
        }
        Optional<String> balance = parameters.takeText(BALANCE);
        boolean isRandom = balance.filter("random"::equals).isPresent();
        if (balance.isPresent() && !isRandom && !balance.get().equals("disable")) {
            parameters.flaws().add(BALANCE + " disable or random");
        }
        return new ServerList(servers, target.orElse(TargetSession.ANY), isRandom);
    }

    static void show(ServerList servers, Map<String, String> parameters) {
        if (servers.target() != TargetSession.ANY) {
            parameters.put(TARGET, servers.target().label());
        }
        if (servers.isRandom()) {
            parameters.put(BALANCE, "random");
        }
    }
}
