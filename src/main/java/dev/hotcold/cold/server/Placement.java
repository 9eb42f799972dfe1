package dev.hotcold.cold.server;

import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.loop.StoreHealth;
import io.vertx.core.Future;
import java.util.function.Supplier;

/**
 * The servers that one event loop uses, and what an operator should know of them.
 *
 * <p>Confined to: its event loop, but for {@link #health}.
 */
public final class Placement {

    private final ServerPolicy policy;
    private final KnownDeployment deployment;
    private final StoreHealth health = new StoreHealth("PostgreSQL (server)");

    /** Of a loop that knows of no others. */
    public Placement(TargetSession target) {
        this(new ServerPolicy(target));
    }

    /** @param policy of all loops */
    public Placement(ServerPolicy policy) {
        this(policy, new KnownDeployment());
    }

    /**
     * @param policy of all loops
     * @param deployment gets to know what the servers that are used say
     */
    public Placement(ServerPolicy policy, KnownDeployment deployment) {
        this.policy = policy;
        this.deployment = deployment;
    }

    /** What the loop looks users up in. */
    public KnownDeployment deployment() {
        return deployment;
    }

    /** Which servers may be used. */
    public ServerPolicy policy() {
        return policy;
    }

    /** Whether the server that is used is one to be used. Thread-safe. */
    public StoreHealth health() {
        return health;
    }

    /**
     * A connection that leaves its server when that may not be used any more.
     *
     * @param asks asks the server what it is
     */
    public PostgresConnection place(
            PostgresServer server,
            PostgresConnection connection,
            ServerState state,
            Supplier<Future<ServerState>> asks) {
        note(server, policy.judge(state), state);
        return new PlacedConnection(this, server, connection, state, asks);
    }

    /** A server is used, and this is what it is worth. */
    void note(PostgresServer server, Verdict verdict, ServerState state) {
        deployment.isIn(state.system());
        verdict.why().ifPresentOrElse(why -> health.degraded(server.said(why)), health::recovered);
    }
}
