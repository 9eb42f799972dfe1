package dev.hotcold.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.RedisClients;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRedisIT {
    @TempDir
    Path directory;

    @Test
    void start_default_keepsNothingOnDiskAndListensOnLoopback() {
        try (LocalRedis redis = LocalRedis.start(directory)) {
            Map<String, String> settings = ask(redis, commands -> commands.configGet("*"));

            assertThat(settings)
                    .containsEntry("save", "")
                    .containsEntry("appendonly", "no")
                    .containsEntry("bind", "127.0.0.1")
                    .containsEntry("port", Integer.toString(redis.port()))
                    .containsEntry("maxmemory-policy", "allkeys-lru");
            String server = ask(redis, commands -> commands.info("server"));
            assertThat(server).contains("process_id:" + redis.pid());
        }
    }

    @Test
    void close_running_leavesNoProcessAndNoFile() throws IOException {
        long filesBefore = temporaryFiles();
        LocalRedis redis = LocalRedis.start(directory);
        ProcessHandle server = ProcessHandle.of(redis.pid()).orElseThrow();
        ProcessHandle keeper = server.parent().orElseThrow();

        redis.close();
        redis.close();

        assertThat(server.isAlive()).isFalse();
        assertThat(keeper.isAlive()).isFalse();
        assertThat(temporaryFiles()).isEqualTo(filesBefore);
        assertThat(directory.resolve("redis")).isEmptyDirectory();
    }

    @Test
    void close_serverFrozen_leavesNoProcess() throws IOException, InterruptedException {
        LocalRedis redis = LocalRedis.start(directory);
        ProcessHandle server = ProcessHandle.of(redis.pid()).orElseThrow();
        assertThat(new ProcessBuilder("sh", "-c", "kill -STOP " + redis.pid())
                        .start()
                        .waitFor())
                .isZero();

        redis.close();

        assertThat(server.isAlive()).isFalse();
    }

    @Test
    void start_serverWasKilled_startsEmptyOnTheSamePort() {
        LocalRedis killed = LocalRedis.start(directory);
        ask(killed, commands -> commands.set("key", "value"));
        ProcessHandle server = ProcessHandle.of(killed.pid()).orElseThrow();
        server.destroyForcibly();
        await().until(() -> !server.isAlive());
        killed.close();

        try (LocalRedis redis = LocalRedis.start(directory, killed.port())) {
            assertThat(redis.address()).isEqualTo("127.0.0.1:" + killed.port());
            long keys = ask(redis, RedisCommands::dbsize);
            assertThat(keys).isZero();
        }
    }

    @Test
    void start_ownerWasKilled_serverEndsWithIt() throws IOException {
        try (ServerOwner owner = ServerOwner.ofRedis(directory)) {
            ProcessHandle server = owner.server();

            owner.kill();

            await().until(() -> !server.isAlive());
        }
    }

    @Test
    void start_ownerAndKeeperWereKilled_endsTheServerTheyLeft() throws IOException {
        try (ServerOwner owner = ServerOwner.ofRedis(directory)) {
            ProcessHandle orphan = owner.server();
            owner.killWithKeeper();
            assertThat(orphan.isAlive()).isTrue();

            try (LocalRedis redis = LocalRedis.start(directory)) {
                await().until(() -> !orphan.isAlive());
                assertThat(redis.pid()).isNotEqualTo(orphan.pid());
            }
        }
        assertThat(directory.resolve("redis")).isEmptyDirectory();
    }

    @Test
    void start_anotherOwnerIsAlive_leavesItsServerAlone() throws IOException {
        try (ServerOwner owner = ServerOwner.ofRedis(directory);
                LocalRedis here = LocalRedis.start(directory)) {

            LocalRedis.start(directory).close();

            assertThat(owner.server().isAlive()).isTrue();
            String pong = ask(here, RedisCommands::ping);
            assertThat(pong).isEqualTo("PONG");
        }
    }

    @Test
    void start_processIdWentToAnotherProgram_leavesThatAlone() throws IOException {
        Path left = Files.createDirectories(directory.resolve("redis/instance-left"));
        Process stranger = new ProcessBuilder("sleep", "600").start();
        try (LocalRedis others = LocalRedis.start(directory.resolve("elsewhere"))) {
            for (long pid : new long[] {stranger.pid(), others.pid()}) {
                Files.createDirectories(left);
                Files.writeString(left.resolve("redis.pid"), pid + "\n");

                LocalRedis.start(directory).close();

                assertThat(left).doesNotExist();
            }
            assertThat(stranger.isAlive()).isTrue();
            String pong = ask(others, RedisCommands::ping);
            assertThat(pong).isEqualTo("PONG");
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void start_portTaken_saysSo() {
        try (LocalRedis redis = LocalRedis.start(directory)) {
            assertThatThrownBy(() -> LocalRedis.start(directory, redis.port()))
                    .isInstanceOf(LocalServerException.class)
                    .hasMessageContainingAll("Address already in use", Integer.toString(redis.port()), "REDIS_ADDR");
        }
    }

    private static <T> T ask(LocalRedis redis, Function<RedisCommands<String, String>, T> question) {
        try (RedisClient client = RedisClients.of(RedisURI.create("redis://" + redis.address()));
                StatefulRedisConnection<String, String> connection = client.connect()) {
            return question.apply(connection.sync());
        }
    }

    private static long temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().contains("redis"))
                    .count();
        }
    }
}
