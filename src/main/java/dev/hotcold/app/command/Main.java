package dev.hotcold.app.command;

import dev.hotcold.app.Version;
import dev.hotcold.app.cached.InvalidateCommand;
import dev.hotcold.app.cached.LookupCommand;
import dev.hotcold.app.cached.VerifyCommand;
import dev.hotcold.app.console.Console;
import dev.hotcold.app.data.LoadUsersCommand;
import dev.hotcold.app.data.SqlCommand;
import dev.hotcold.app.doctor.DoctorCommand;
import dev.hotcold.app.lifecycle.Shutdown;
import dev.hotcold.log.JdkLog;
import dev.hotcold.names.HostNames;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/** The command line. */
@Command(
        name = "hotcold",
        description = {
            "Read-through user lookups: GET /v1/users?user_id=ID is answered from Redis,",
            "and on a miss from PostgreSQL, which is then stored in Redis.",
            "",
            "Without a command it serves. Settings come from the environment: see `hotcold config`."
        },
        versionProvider = Main.VersionProvider.class,
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {
            ServeCommand.class,
            MigrateCommand.class,
            DoctorCommand.class,
            VerifyCommand.class,
            LookupCommand.class,
            InvalidateCommand.class,
            LoadUsersCommand.class,
            SqlCommand.class,
            ConfigCommand.class,
            ApiKeyCommand.class,
            HealthcheckCommand.class,
            TrainCommand.class
        },
        footer = {"", "Exit codes: 0 done, 1 failed, 2 wrong settings or arguments."})
public final class Main {

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help and exit.")
    @SuppressWarnings("unused") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version and exit.")
    @SuppressWarnings("unused") // picocli acts on it
    private boolean version;

    private Main() {}

    /** Runs the command and exits with its code. */
    public static void main(String[] args) {
        HostNames.keepNothingElsewhere();
        if (args.length == 0 || args[0].equals("serve")) {
            // Before anything that takes time: whoever stops a service that is starting has not killed it.
            Shutdown.ofProcess().exitWithZeroOnSignals();
        }
        JdkLog.handToSlf4j();
        Thread.setDefaultUncaughtExceptionHandler(Main::ended);
        if (isPlainServe(args)) {
            System.exit(serve());
        }
        Console.printUtf8();
        System.exit(commandLine().execute(args));
    }

    /** Without memory nothing is left to rely on, and what looks after the process does not see that: it is to be started again. */
    private static void ended(Thread thread, Throwable failure) {
        try {
            log().error("The thread {} ended unexpectedly", thread.getName(), failure);
        } finally {
            if (failure instanceof VirtualMachineError) {
                Runtime.getRuntime().halt(1);
            }
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setExecutionExceptionHandler((failure, command, parsed) -> failed(failure));
    }

    private static int failed(Throwable unforeseen) {
        if (Shutdown.ofProcess().isUnderWay()) {
            // What the command still used has been stopped.
            return 1;
        }
        log().error("The command failed unexpectedly", unforeseen);
        return 1;
    }

    /** Most commands log nothing and do without. */
    private static Logger log() {
        return LoggerFactory.getLogger(Main.class);
    }

    private static boolean isPlainServe(String[] args) {
        return args.length == 0 || (args.length == 1 && args[0].equals("serve"));
    }

    /** As the command line would, which need not be loaded for it. */
    private static int serve() {
        try {
            return new ServeCommand().call();
        } catch (InterruptedException | RuntimeException | Error failure) {
            return failed(failure);
        }
    }

    static final class VersionProvider implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {"hotcold-user-api " + Version.current(), "Java " + Runtime.version()};
        }
    }
}
