package dev.hotcold.config;

import java.util.stream.Collectors;

/** The text of .env.example: every setting with its default. */
final class EnvExample {
    private static final String HEAD = """
            # All settings of hotcold-user-api with their defaults. Copy to .env and change what you need.
            # With a shell:    set -a; . ./.env; set +a; bin/hotcold
            # In a shell, quote values that hold spaces, & or other special characters.
            # An empty value counts as unset; spaces around a value are dropped.
            # Written from the definitions in dev.hotcold.config.Settings; a test keeps it so.
            """;

    private EnvExample() {}

    static String render() {
        return Settings.ALL.stream()
                .map(setting -> "\n# %s\n# %s\n%s=%s\n"
                        .formatted(
                                capitalised(setting.description()),
                                setting.allowed(),
                                setting.name(),
                                setting.defaultText()))
                .collect(Collectors.joining("", HEAD, ""));
    }

    private static String capitalised(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
