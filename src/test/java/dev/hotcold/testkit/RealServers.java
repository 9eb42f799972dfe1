package dev.hotcold.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests servers of their own and services on them, and closes what it gave, services first. What a {@code @BeforeAll}
 * method takes as a parameter lives as long as the class; what a constructor, a {@code @BeforeEach} method or a test takes
 * lives as long as the test. Within one life each is started once:
 *
 * <ul>
 *   <li>{@link Servers}: a PostgreSQL and a Redis, with the schema and nothing in it.
 *   <li>{@link Outages}: such servers too, which can be stopped and frozen.
 *   <li>{@link TestService} on these servers, with the settings of {@link With}.
 * </ul>
 *
 * <p>A test that leaves the servers as they are takes {@link Servers#shared} instead, which costs no start.
 */
public final class RealServers implements ParameterResolver {

    /** Settings of the service: name, value, name, value… */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.PARAMETER)
    public @interface With {
        String[] value();
    }

    private static final Namespace NAMESPACE = Namespace.create(RealServers.class);

    @Override
    public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
        return ExtensionContextScope.TEST_METHOD;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Servers.class || type == Outages.class || type == TestService.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Store store = context.getStore(NAMESPACE);
        Class<?> type = parameter.getParameter().getType();
        if (type == TestService.class) {
            String[] settings =
                    parameter.findAnnotation(With.class).map(With::value).orElse(new String[0]);
            // First, for what was stored last is closed first.
            Servers servers = servers(store);
            return store.computeIfAbsent(
                    TestService.class, key -> TestService.start(servers, settings), TestService.class);
        }
        return type == Outages.class ? outages(store) : servers(store);
    }

    /** Those that the class has been given already, if any. */
    private static Servers servers(Store store) {
        Outages outages = store.get(Outages.class, Outages.class);
        return outages != null
                ? outages.servers()
                : store.computeIfAbsent(Servers.class, key -> Servers.start(), Servers.class);
    }

    /** They close their servers too, in whatever state they are. */
    private static Outages outages(Store store) {
        return store.computeIfAbsent(Outages.class, key -> new Outages(Servers.start()), Outages.class);
    }
}
