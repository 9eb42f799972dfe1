package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One load, seen from a test. */
record Loading(List<Problem> problems, List<String> warnings, List<Effective> effective) {

    /** Loads the environment made of {@code name, value, name, value, …}. */
    static Loading load(String... variables) {
        return switch (ConfigLoader.load(environment(variables))) {
            case Loaded.Valid valid -> new Loading(List.of(), valid.warnings(), valid.effective());
            case Loaded.Invalid invalid -> new Loading(invalid.problems(), invalid.warnings(), List.of());
        };
    }

    static Loaded.Valid valid(String... variables) {
        Loaded loaded = ConfigLoader.load(environment(variables));
        assertThat(loaded).isInstanceOf(Loaded.Valid.class);
        return (Loaded.Valid) loaded;
    }

    /** Everything that a person may get to see. */
    List<String> texts() {
        return Stream.of(
                        problems.stream().map(Problem::text),
                        warnings.stream(),
                        effective.stream().map(Effective::shownValue))
                .reduce(Stream.empty(), Stream::concat)
                .toList();
    }

    List<String> expectations() {
        return problems.stream().map(Problem::allowed).toList();
    }

    private static Map<String, String> environment(String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return environment;
    }
}
