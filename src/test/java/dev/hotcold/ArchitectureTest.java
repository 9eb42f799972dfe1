package dev.hotcold;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The shape of the code: imports flow one way, from app and config over the adapters and lookup down to the vocabulary; what
 * blocks lives in the packages named for it; packages, files and constructors stay small.
 */
class ArchitectureTest {

    private static final Path SOURCES = Path.of("src/main/java");
    private static final int MOST_FILES = 14;
    private static final int MOST_LINES = 300;
    private static final int MOST_PARAMETERS = 7;

    private static final String[] ADAPTERS = {"http", "hot", "cold", "changefeed", "verify", "ops", "local"};
    private static final String[] VOCABULARY = {"freshness", "names", "tls", "loop", "log", "user"};

    /** Whose threads may block: those that start and stop, the command line, the change feed and what else has its own. */
    private static final String[] MAY_BLOCK = {
        "dev.hotcold.app..",
        "dev.hotcold.changefeed..",
        "dev.hotcold.verify..",
        "dev.hotcold.local..",
        "dev.hotcold.blocking..",
        "dev.hotcold.hot.blocking..",
        "dev.hotcold.names..",
        // What these share among them.
        "dev.hotcold.freshness.."
    };

    private static final Map<String, Set<String>> BLOCKING_CALLS = Map.ofEntries(
            Map.entry("java.lang.Thread", Set.of("sleep", "join")),
            Map.entry("java.lang.Object", Set.of("wait")),
            Map.entry("java.net.InetAddress", Set.of("getByName", "getAllByName", "getLocalHost")),
            Map.entry("java.lang.Process", Set.of("waitFor")),
            Map.entry("java.util.concurrent.Future", Set.of("get")),
            Map.entry("java.util.concurrent.CompletableFuture", Set.of("get", "join")),
            Map.entry("java.util.concurrent.CountDownLatch", Set.of("await")),
            Map.entry("java.util.concurrent.Semaphore", Set.of("acquire")),
            Map.entry("java.util.concurrent.BlockingQueue", Set.of("take", "put")),
            Map.entry(
                    "java.util.concurrent.ExecutorService",
                    Set.of("awaitTermination", "invokeAll", "invokeAny", "close")),
            Map.entry("io.vertx.core.Future", Set.of("await")),
            Map.entry(
                    "io.netty.util.concurrent.Future",
                    Set.of("sync", "await", "get", "syncUninterruptibly", "awaitUninterruptibly")),
            Map.entry("io.lettuce.core.RedisFuture", Set.of("await")),
            Map.entry("io.lettuce.core.api.StatefulRedisConnection", Set.of("sync")));

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.hotcold");

    @Test
    void packages_importOneWay() {
        var layers = layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("app")
                .definedBy("dev.hotcold.app..")
                .layer("config")
                .definedBy("dev.hotcold.config..")
                .layer("lookup")
                .definedBy("dev.hotcold.lookup..")
                .layer("flight")
                .definedBy("dev.hotcold.flight..")
                .whereLayer("app")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("config")
                .mayOnlyBeAccessedByLayers("app");
        for (String adapter : ADAPTERS) {
            layers = layers.layer(adapter)
                    .definedBy("dev.hotcold." + adapter + "..")
                    .whereLayer(adapter)
                    .mayOnlyBeAccessedByLayers("app", "config");
        }
        layers.whereLayer("flight").mayOnlyBeAccessedByLayers("lookup").check(classes);
    }

    @Test
    void packages_haveNoCycles() {
        slices().matching("dev.hotcold.(**)").should().beFreeOfCycles().check(classes);
    }

    /** A hit goes from bytes to bytes, without a request object of Vert.x. */
    @Test
    void fastPath_knowsNothingOfVertxRequests() {
        noClasses()
                .that()
                .resideInAPackage("dev.hotcold.http.fastpath..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.vertx.core.http..", "io.vertx.ext..")
                .check(classes);
    }

    /** So that a test can script PostgreSQL. */
    @Test
    void changeFeedMechanisms_knowNoConnections() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.hotcold.changefeed.apply..",
                        "dev.hotcold.changefeed.slot..",
                        "dev.hotcold.changefeed.pgoutput..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.postgresql..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.sql.Connection.class)
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("dev.hotcold.changefeed.postgres..")
                .check(classes);
    }

    @Test
    void user_dependsOnTheJdkAlone() {
        noClasses()
                .that()
                .resideInAPackage("dev.hotcold.user..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("dev.hotcold.user..", "java..", "org.jspecify..")
                .check(classes);
    }

    @Test
    void vocabulary_knowsNothingAboveIt() {
        String[] vocabulary = packages(VOCABULARY);
        noClasses()
                .that()
                .resideInAnyPackage(vocabulary)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(Stream.concat(
                                Stream.of(packages(ADAPTERS)),
                                Stream.of(
                                        "dev.hotcold.lookup..",
                                        "dev.hotcold.flight..",
                                        "dev.hotcold.config..",
                                        "dev.hotcold.app.."))
                        .toArray(String[]::new))
                .check(classes);
    }

    @Test
    void lookup_knowsNeitherStoresNorHttpNorMetrics() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.hotcold.lookup..", "dev.hotcold.flight..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.hotcold.freshness..",
                        "dev.hotcold.tls..",
                        "io.lettuce..",
                        "io.vertx.pgclient..",
                        "io.vertx.sqlclient..",
                        "io.vertx.core.http..",
                        "io.vertx.ext..",
                        "io.micrometer..",
                        "java.sql..")
                .check(classes);
    }

    @Test
    void eventLoopCode_neverBlocks() {
        noClasses()
                .that()
                .resideOutsideOfPackages(MAY_BLOCK)
                .should(callBlocking())
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "java.util.concurrent.locks..")
                .check(classes);
    }

    @Test
    void constructors_areShort() {
        List<String> long_ = classes.stream()
                .flatMap(type -> type.getConstructors().stream())
                .filter(constructor -> declaredParameters(constructor) > MOST_PARAMETERS)
                .map(JavaConstructor::getFullName)
                .toList();

        assertThat(long_).isEmpty();
    }

    @Test
    void packages_areSmall() throws IOException {
        Map<Path, Long> files = sources().collect(Collectors.groupingBy(Path::getParent, Collectors.counting()));

        assertThat(files)
                .isNotEmpty()
                .allSatisfy((directory, count) ->
                        assertThat(count).as(directory.toString()).isLessThanOrEqualTo(MOST_FILES));
    }

    /** A longer one gives its reason in a line that begins with {@code // Long:}. */
    @Test
    void files_areShort() throws IOException {
        assertThat(sources()).isNotEmpty().allSatisfy(file -> {
            List<String> lines = Files.readAllLines(file);
            assertThat(lines.size() <= MOST_LINES || lines.stream().anyMatch(line -> line.startsWith("// Long:")))
                    .as(file + " has " + lines.size() + " lines")
                    .isTrue();
        });
    }

    private static Stream<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        }
    }

    private static String[] packages(String... names) {
        return Stream.of(names).map(name -> "dev.hotcold." + name + "..").toArray(String[]::new);
    }

    /** Without what the compiler adds: an inner class' outer instance, an enum constant's name and number. */
    private static int declaredParameters(JavaConstructor constructor) {
        JavaClass type = constructor.getOwner();
        int added = type.isEnum() ? 2 : type.isInnerClass() || type.isLocalClass() ? 1 : 0;
        return constructor.getRawParameterTypes().size() - added;
    }

    private static ArchCondition<JavaClass> callBlocking() {
        return new ArchCondition<>("make a blocking call") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                    if (isBlocking(access)) {
                        events.add(SimpleConditionEvent.satisfied(type, access.getDescription()));
                    }
                }
            }
        };
    }

    private static boolean isBlocking(JavaAccess<?> access) {
        JavaClass target = access.getTargetOwner();
        return BLOCKING_CALLS.entrySet().stream()
                .anyMatch(call ->
                        call.getValue().contains(access.getTarget().getName()) && target.isAssignableTo(call.getKey()));
    }
}
