package dev.hotcold;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Imports flow one way: app, config, the adapters, lookup, and at the bottom flight and user. */
class ArchitectureTest {

    private static final String[] ADAPTERS = {"http", "hot", "cold", "changefeed", "verify", "ops", "local"};

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
                .layer("user")
                .definedBy("dev.hotcold.user..")
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
        slices().matching("dev.hotcold.(*)..").should().beFreeOfCycles().check(classes);
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
    void lookup_knowsNeitherStoresNorHttpNorMetrics() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.hotcold.lookup..", "dev.hotcold.flight..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
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
                .resideInAnyPackage(
                        "dev.hotcold.user..",
                        "dev.hotcold.lookup..",
                        "dev.hotcold.flight..",
                        "dev.hotcold.hot..",
                        "dev.hotcold.cold..",
                        "dev.hotcold.http..")
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(io.vertx.core.Future.class, "await")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "java.util.concurrent.locks..")
                .check(classes);
    }
}
