package dev.hotcold.docs;

import dev.hotcold.app.command.DocumentedCommands;
import java.util.Map;
import java.util.stream.Collectors;

/** The page of commands: what each says of itself. */
final class CommandsPage {

    private static final String INTRODUCTION = """
            <!-- Generated from the commands' own help; to update: bin/maven -q test -Dtest=DocumentationTest -Dupdate=true -->

            # Commands

            `bin/hotcold COMMAND`; in the image `COMMAND` alone. All take the [settings](configuration.md) of the service from the
            environment. Where `DATABASE_URL` or `REDIS_ADDR` is unset, commands use the embedded server of the service that runs
            in the same directory with the same `LOCAL_DATA_DIR` and `PORT`; it notes its addresses in `servers.env` below that.
            Results go to the standard output, everything else to standard error, both in UTF-8. Unless a command says otherwise,
            the exit code is 0 when it has done what it is for, 1 when that failed, 2 for wrong settings or arguments.
            """;

    private CommandsPage() {}

    static String render() {
        return INTRODUCTION
                + DocumentedCommands.usages().entrySet().stream()
                        .map(CommandsPage::section)
                        .collect(Collectors.joining());
    }

    private static String section(Map.Entry<String, String> command) {
        return "\n## " + command.getKey() + "\n\n```text\n"
                + command.getValue().lines().map(String::stripTrailing).collect(Collectors.joining("\n")) + "\n```\n";
    }
}
