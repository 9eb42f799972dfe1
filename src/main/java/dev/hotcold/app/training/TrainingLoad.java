package dev.hotcold.app.training;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Requests as callers send them, mostly for users that exist: one after the other and pipelined, over connections that are
 * replaced now and then. Blocks. The content of responses is not checked, only that each arrives.
 */
public final class TrainingLoad {

    private static final int CONNECTIONS = 32;

    /** Enough for the JVM to have compiled for good what a lookup runs. */
    private static final int REQUESTS = 400_000;

    private static final Duration LONGEST = Duration.ofSeconds(15);
    private static final int REQUESTS_OF_A_CONNECTION = 4000;
    private static final int LONGEST_PIPELINE = 8;
    private static final int SILENCE_MILLIS = 10_000;

    /** Begins each answer, and is in no body. */
    private static final byte[] ANSWER = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);

    private final int port;
    private final int users;
    private final long end = System.nanoTime() + LONGEST.toNanos();
    private final LongAdder answered = new LongAdder();

    /**
     * Load for the service on a port of this machine.
     *
     * @param users how many there are: u1, u2 and so on
     */
    public TrainingLoad(int port, int users) {
        this.port = port;
        this.users = users;
    }

    /**
     * Sends requests until enough were answered, or for {@link #LONGEST} on a busy machine.
     *
     * @return how many were answered
     */
    public long run() throws IOException, InterruptedException {
        List<Future<?>> connections = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CONNECTIONS; i++) {
                SplittableRandom random = new SplittableRandom(i);
                connections.add(threads.submit(() -> send(random)));
            }
        }
        for (Future<?> connection : connections) {
            try {
                connection.get();
            } catch (ExecutionException failure) {
                throw new IOException("the service did not answer: " + failure.getCause(), failure);
            }
        }
        return answered.sum();
    }

    private @Nullable Void send(SplittableRandom random) throws IOException {
        while (!isEnough()) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(SILENCE_MILLIS);
                Answers answers = new Answers(socket.getInputStream());
                OutputStream out = socket.getOutputStream();
                for (int sent = 0; sent < REQUESTS_OF_A_CONNECTION && !isEnough(); ) {
                    int pipelined = random.nextBoolean() ? 1 : LONGEST_PIPELINE;
                    out.write(requests(random, pipelined));
                    answers.await(pipelined);
                    sent += pipelined;
                    answered.add(pipelined);
                }
            }
        }
        return null;
    }

    private boolean isEnough() {
        return answered.sum() >= REQUESTS || System.nanoTime() >= end;
    }

    private byte[] requests(SplittableRandom random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(request(random))
                    .append(" HTTP/1.1\r\nHost: localhost:")
                    .append(port)
                    .append("\r\nUser-Agent: training\r\nAccept: */*\r\n\r\n");
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private String request(SplittableRandom random) {
        String lookup = "GET /v1/users?user_id=";
        return switch (random.nextInt(100)) {
            case 0 -> lookup + "no%20user";
            case 1 -> "GET /nowhere";
            case 2 -> "HEAD /v1/users?user_id=u1";
            case 3 -> "GET /readyz";
            case 4, 5, 6 -> lookup + "nobody-" + random.nextInt(users);
            default -> lookup + "u" + (1 + random.nextInt(users));
        };
    }

    /** Counts the answers of one connection. */
    private static final class Answers {

        private final InputStream in;
        private final byte[] received = new byte[1 << 14];
        private int begun;
        private int matched;

        Answers(InputStream in) {
            this.in = in;
        }

        /** Waits until so many more answers have begun; what is left of the last one comes before the next begins. */
        void await(int answers) throws IOException {
            begun -= answers;
            while (begun < 0) {
                int length = in.read(received);
                if (length < 0) {
                    throw new IOException("the connection was closed");
                }
                count(length);
            }
        }

        private void count(int length) {
            for (int i = 0; i < length; i++) {
                if (received[i] == ANSWER[matched]) {
                    matched++;
                } else {
                    matched = received[i] == ANSWER[0] ? 1 : 0;
                }
                if (matched == ANSWER.length) {
                    begun++;
                    matched = 0;
                }
            }
        }
    }
}
