package dev.hotcold.app.command;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The commands as their help shows them. */
public final class DocumentedCommands {

    private DocumentedCommands() {}

    /** The help of each command that is shown, by its name. */
    public static Map<String, String> usages() {
        Map<String, String> usages = new LinkedHashMap<>();
        CommandLine.Help all = Main.commandLine().getHelp();
        all.subcommands()
                .forEach((name, help) ->
                        usages.put(name, help.commandSpec().commandLine().getUsageMessage(Ansi.OFF)));
        return usages;
    }
}
