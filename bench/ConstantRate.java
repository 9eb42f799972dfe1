import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends one request over and over at a constant rate, whatever the server does, and measures each from the moment it was
 * due to the last byte of its response. So a server that stops for a moment is charged with all requests that were due
 * meanwhile, which a generator that waits for each response before it sends the next would leave out ("coordinated
 * omission").
 *
 * <p>One thread, one selector. A request goes to the connection that has rested longest; while none rests, requests wait,
 * their time running. How much later than it could have the generator itself sent is told beside.
 *
 * <p>Arguments: port, path, requests per second, connections, seconds of run-in that are not measured, seconds that are.
 * Prints one line of JSON, times in microseconds.
 */
final class ConstantRate {

    /** What is not answered so long after the last request was due counts as timed out, and as having taken till then. */
    private static final long PATIENCE = Duration.ofSeconds(2).toNanos();

    private static final int LONGEST_RESPONSE = 1 << 16;

    /** The longest sleep: responses that come meanwhile are measured that much too late at most. */
    private static final long NAP = Duration.ofNanos(50_000).toNanos();

    private final ByteBuffer request;
    private final Selector selector;
    private final ArrayDeque<Connection> resting = new ArrayDeque<>();

    /** Of each request that is measured, by its number: nanoseconds from due to answered; 0 = not answered yet. */
    private final long[] latencies;

    /** Of each request that is measured: nanoseconds that the generator was late. */
    private final long[] lateness;

    private final long runIn;
    private final long all;
    private final double interval;
    private final long start;

    private int open;
    private long sent;
    private long answered;
    private long otherStatus;
    private long broken;

    private ConstantRate(int port, String path, int rate, int connections, int runInSeconds, int seconds)
            throws IOException {
        byte[] bytes = ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        request = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        runIn = (long) rate * runInSeconds;
        all = runIn + (long) rate * seconds;
        latencies = new long[Math.toIntExact(all - runIn)];
        lateness = new long[latencies.length];
        interval = 1e9 / rate;
        selector = Selector.open();
        for (int i = 0; i < connections; i++) {
            resting.add(new Connection(port));
        }
        open = connections;
        start = System.nanoTime();
    }

    public static void main(String[] arguments) throws IOException {
        int[] numbers = new int[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            numbers[i] = i == 1 ? 0 : Integer.parseInt(arguments[i]);
        }
        System.out.println(
                new ConstantRate(numbers[0], arguments[1], numbers[2], numbers[3], numbers[4], numbers[5]).run());
    }

    private String run() throws IOException {
        Duration cpuBefore = cpu();
        long deadline = due(all) + PATIENCE;
        long now = System.nanoTime();
        while (answered + broken < all && open > 0 && now < deadline) {
            int ready = selector.selectNow(key -> ((Connection) key.attachment()).read());
            boolean busy = ready > 0 | sendDue();
            now = System.nanoTime();
            long pause = Math.min(NAP, sent < all ? due(sent) - now : NAP);
            if (!busy && pause > 0) {
                LockSupport.parkNanos(pause);
            }
        }
        Duration cpu = cpu().minus(cpuBefore);
        return report(deadline, cpu);
    }

    private long due(long number) {
        return start + (long) (number * interval);
    }

    /** Sends what is due, as far as connections rest. */
    private boolean sendDue() {
        boolean any = false;
        while (sent < all && !resting.isEmpty()) {
            long now = System.nanoTime();
            long due = due(sent);
            if (due > now) {
                break;
            }
            Connection connection = resting.poll();
            if (sent >= runIn) {
                lateness[(int) (sent - runIn)] = now - Math.max(due, connection.restingSince);
            }
            connection.send(sent++);
            any = true;
        }
        return any;
    }

    /** @param end till when what was not answered counts as having taken */
    private String report(long end, Duration cpu) {
        long late = 0;
        for (int i = 0; i < latencies.length; i++) {
            if (latencies[i] == 0) {
                latencies[i] = end - due(runIn + i);
                late++;
            }
        }
        Arrays.sort(latencies);
        Arrays.sort(lateness);
        return String.format(
                Locale.ROOT,
                "{\"requests\":%d,\"answered\":%d,\"duration\":%.0f,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,"
                        + "\"p9999\":%.1f,\"max\":%.1f,\"late_p99\":%.1f,\"late_max\":%.1f,\"status\":%d,\"socket\":%d,"
                        + "\"timeout\":%d,\"cpu\":%d}",
                latencies.length,
                answered,
                (all - runIn) * interval / 1e3,
                percentile(latencies, 0.5),
                percentile(latencies, 0.99),
                percentile(latencies, 0.999),
                percentile(latencies, 0.9999),
                percentile(latencies, 1),
                percentile(lateness, 0.99),
                percentile(lateness, 1),
                otherStatus,
                broken,
                Math.max(0, late - broken),
                cpu.toNanos() / 1000);
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)] / 1e3;
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** One connection, with one request under way at most. */
    private final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer received = ByteBuffer.allocate(LONGEST_RESPONSE);
        private long restingSince = System.nanoTime();
        private long number;

        Connection(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send(long number) {
            this.number = number;
            try {
                request.rewind();
                channel.write(request);
                if (request.hasRemaining()) {
                    throw new IOException("a request did not fit into the socket's buffer");
                }
            } catch (IOException lost) {
                end();
            }
        }

        void read() {
            try {
                if (channel.read(received) < 0) {
                    end();
                } else if (isWhole()) {
                    answered();
                }
            } catch (IOException lost) {
                end();
            }
        }

        private void answered() {
            long now = System.nanoTime();
            answered++;
            if (number >= runIn) {
                latencies[(int) (number - runIn)] = now - due(number);
            }
            byte[] bytes = received.array();
            if (bytes[9] != '2' || bytes[10] != '0' || bytes[11] != '0') {
                otherStatus++;
            }
            received.clear();
            restingSince = now;
            resting.add(this);
        }

        /** Whether the headers are there, and as many bytes behind them as they say. */
        private boolean isWhole() throws IOException {
            byte[] bytes = received.array();
            int end = received.position();
            int length = -1;
            int line = 0;
            for (int i = 1; i < end; i++) {
                if (bytes[i] != '\n') {
                    continue;
                }
                if (i - line == 1) {
                    if (length < 0) {
                        throw new IOException("a response without Content-Length");
                    }
                    return end - i - 1 >= length;
                }
                if (isContentLength(bytes, line)) {
                    length = number(bytes, line + 15, i);
                }
                line = i + 1;
            }
            if (end == bytes.length) {
                throw new IOException("a response too long");
            }
            return false;
        }

        private static boolean isContentLength(byte[] bytes, int at) {
            String name = "content-length:";
            for (int i = 0; i < name.length(); i++) {
                if ((bytes[at + i] | 0x20) != (name.charAt(i) | 0x20)) {
                    return false;
                }
            }
            return true;
        }

        private static int number(byte[] bytes, int from, int to) {
            int number = 0;
            for (int i = from; i < to; i++) {
                if (bytes[i] >= '0' && bytes[i] <= '9') {
                    number = 10 * number + bytes[i] - '0';
                }
            }
            return number;
        }

        /** The connection is of no more use; the request under way, if there is one, is lost with it. */
        private void end() {
            open--;
            if (!resting.remove(this)) {
                broken++;
            }
            try {
                channel.close();
            } catch (IOException alreadyLost) {
                // Nothing can be done about it, and nothing depends on it.
            }
        }
    }
}
