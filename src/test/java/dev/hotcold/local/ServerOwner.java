package dev.hotcold.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A separate JVM that owns one embedded server, so that tests can kill the owner and look at what it leaves behind. */
final class ServerOwner implements AutoCloseable {
    private final Process jvm;
    private final long serverPid;

    private ServerOwner(Process jvm, long serverPid) {
        this.jvm = jvm;
        this.serverPid = serverPid;
    }

    static ServerOwner ofPostgres(Path directory) throws IOException {
        return launch("postgres", directory.toString());
    }

    static ServerOwner ofRedis(Path directory) throws IOException {
        return launch("redis", directory.toString());
    }

    private static ServerOwner launch(String... arguments) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var builder = new ProcessBuilder(
                        java, "-cp", System.getProperty("java.class.path"), ServerOwner.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.command().addAll(List.of(arguments));
        Process jvm = builder.start();
        BufferedReader output = jvm.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        while (line != null && !line.startsWith("server ")) {
            line = output.readLine();
        }
        String pid = Optional.ofNullable(line).orElseThrow(() -> new IOException("the owner started no server"));
        return new ServerOwner(jvm, Long.parseLong(pid.substring("server ".length())));
    }

    ProcessHandle server() {
        return ProcessHandle.of(serverPid).orElseThrow();
    }

    /** SIGKILL: the owner has no chance to close its server. */
    void kill() {
        jvm.destroyForcibly().onExit().join();
    }

    /**
     * SIGKILL for the owner and for the keeper it put beside the server, so that nothing is left to end the server. Children
     * before their parents: once the keeper is gone the owner closes what its other half waits for, and that ends the server.
     */
    void killWithKeeper() {
        List<ProcessHandle> doomed = jvm.descendants()
                .filter(process -> process.pid() != serverPid)
                .filter(process -> process.parent().map(ProcessHandle::pid).orElse(0L) != serverPid)
                .toList();
        doomed.reversed().forEach(ProcessHandle::destroyForcibly);
        kill();
    }

    @Override
    public void close() {
        kill();
    }

    /** The owner: starts the server, prints its process id, and waits to be killed. */
    static void main(String[] arguments) throws IOException {
        long pid = arguments[0].equals("redis")
                ? LocalRedis.start(Path.of(arguments[1])).pid()
                : LocalPostgres.start(Path.of(arguments[1])).pid();
        System.out.println("server " + pid);
        // Ends when the owner of this process does, whatever happens to it.
        System.in.transferTo(OutputStream.nullOutputStream());
    }
}
