package dev.hotcold.testkit;

import dev.hotcold.names.HostNames;
import java.net.InetAddress;

/** Host names that no name server knows. */
public final class Names {

    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private Names() {}

    /** Every name is that of this machine. */
    public static HostNames onLoopback() {
        return new HostNames(host -> new InetAddress[] {InetAddress.getByAddress(host, LOOPBACK)});
    }
}
