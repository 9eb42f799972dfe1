package dev.hotcold.app;

/** Which build this is. */
final class Version {

    private Version() {}

    /** As in the jar's manifest; "development" when run from classes. */
    static String current() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
