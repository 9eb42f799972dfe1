package dev.hotcold.cold.server;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The servers that the settings name, of which one is used at a time.
 *
 * @param all in the order in which they are tried; one or more
 * @param target which of those that answer may be used
 * @param isRandom whether each search tries them in an order of its own
 */
public record ServerList(List<PostgresServer> all, TargetSession target, boolean isRandom) {

    /** Makes a copy of the list. */
    public ServerList {
        all = List.copyOf(all);
    }

    /** One server, whatever it is. */
    public static ServerList of(PostgresServer server) {
        return new ServerList(List.of(server), TargetSession.ANY, false);
    }

    /** The same for a use that needs the primary, whatever the settings say. */
    public ServerList forPrimary() {
        return target == TargetSession.READ_WRITE ? this : new ServerList(all, TargetSession.PRIMARY, isRandom);
    }

    /** The servers in the order of the next search. */
    List<PostgresServer> inOrder() {
        if (!isRandom) {
            return all;
        }
        List<PostgresServer> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, ThreadLocalRandom.current());
        return shuffled;
    }
}
