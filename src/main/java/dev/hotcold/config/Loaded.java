package dev.hotcold.config;

import java.util.List;

/** What became of an environment. */
public sealed interface Loaded {

    /** One line for each thing that is odd but harmless; never a secret. */
    List<String> warnings();

    /**
     * The service can start.
     *
     * @param config all settings
     * @param effective one entry per setting, in the order they are documented
     */
    record Valid(Config config, List<Effective> effective, List<String> warnings) implements Loaded {
        public Valid {
            effective = List.copyOf(effective);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The service must not start.
     *
     * @param problems all of them; at least one
     */
    record Invalid(List<Problem> problems, List<String> warnings) implements Loaded {
        public Invalid {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }
    }
}
