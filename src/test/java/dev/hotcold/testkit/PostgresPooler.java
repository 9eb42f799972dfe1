package dev.hotcold.testkit;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A connection pooler in front of a PostgreSQL that asks for no password: it hands out a few sessions, which really are there, and
 * of which each keeps what any of its clients has done with it. Passes on no parameter that a client begins with but user and
 * database, and no encryption. Thread-safe.
 */
public final class PostgresPooler implements AutoCloseable {

    private static final int CANCEL = 80877102;
    private static final int SSL = 80877103;

    /** For how long a client has a session, and what it is told of it. */
    public enum Mode {
        /** As long as it stays; told a process of the pooler's own choice. */
        SESSION,
        /** For a transaction, and then the next one; told a process of the pooler's own choice. */
        TRANSACTION,
        /** The same, but told the process of its first session, as by a pooler that passes on whatever comes. */
        TRANSACTION_OF_ONE_NAMED,
        /** For a statement. One that begins a transaction ends the client. */
        STATEMENT
    }

    /** A message, or what a connection begins with, which has no type. */
    private static final class Message {

        private final byte type;
        private final byte[] body;

        Message(byte type, byte[] body) {
            this.type = type;
            this.body = body;
        }

        static Message read(DataInputStream in) throws IOException {
            return read(in, in.readByte());
        }

        static Message read(DataInputStream in, byte type) throws IOException {
            byte[] body = new byte[in.readInt() - Integer.BYTES];
            in.readFully(body);
            return new Message(type, body);
        }

        void write(DataOutputStream out) throws IOException {
            if (type != 0) {
                out.writeByte(type);
            }
            out.writeInt(body.length + Integer.BYTES);
            out.write(body);
        }
    }

    /** A session of PostgreSQL's. */
    private static final class Server {

        private final Socket socket;
        private final DataInputStream in;
        private final DataOutputStream out;
        private final List<Message> parameters = new ArrayList<>();
        private byte[] key = new byte[0];

        Server(int port, Message startup) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            startup.write(out);
            out.flush();
            for (Message next = Message.read(in); next.type != 'Z'; next = Message.read(in)) {
                switch (next.type) {
                    case 'S' -> parameters.add(next);
                    case 'K' -> key = next.body;
                    case 'E' -> throw new IOException(new String(next.body, StandardCharsets.UTF_8));
                    default -> {}
                }
            }
        }
    }

    private final int target;
    private final Mode mode;
    private final int size;
    private final ServerSocket listener;
    private final Map<String, BlockingQueue<Server>> pools = new ConcurrentHashMap<>();
    private final Map<Long, Server> busy = new ConcurrentHashMap<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile String foreign = "";

    private PostgresPooler(int target, Mode mode, int size, ServerSocket listener) {
        this.target = target;
        this.mode = mode;
        this.size = size;
        this.listener = listener;
    }

    /**
     * Listens on a port of its own.
     *
     * @param target port of PostgreSQL
     * @param size how many sessions it has for each user of a database
     */
    public static PostgresPooler start(int target, Mode mode, int size) {
        try {
            ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            PostgresPooler pooler = new PostgresPooler(target, mode, size, listener);
            Thread.ofVirtual().start(pooler::acceptAll);
            return pooler;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /**
     * From now on answers a lookup by the rows of another query, as one that mixes sessions up.
     *
     * @param query may have a parameter, {@code $1}, a text[]; "" = the lookup itself
     */
    public void mixUp(String query) {
        foreign = query;
    }

    private Message mixed(Message asked) {
        String text = new String(asked.body, StandardCharsets.UTF_8);
        boolean isLookup = text.contains("::text[]") && !text.contains("jsonb_build_object");
        if (foreign.isEmpty() || !isLookup || (asked.type != 'Q' && asked.type != 'P')) {
            return asked;
        }
        String other = asked.type == 'Q'
                ? foreign.replace("$1", "'{}'") + "\0"
                : text.substring(0, text.indexOf('\0') + 1) + foreign + "\0\0\0";
        return new Message(asked.type, other.getBytes(StandardCharsets.UTF_8));
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                sockets.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                // The listener was closed.
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(client.getOutputStream()));
            Message first = Message.read(in, (byte) 0);
            while (ByteBuffer.wrap(first.body).getInt() == SSL) {
                out.writeByte('N');
                out.flush();
                first = Message.read(in, (byte) 0);
            }
            if (ByteBuffer.wrap(first.body).getInt() == CANCEL) {
                cancel(first);
            } else {
                new Client(in, out, pool(first)).serve();
            }
        } catch (IOException e) {
            // One of the two has gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(client);
        }
    }

    private void cancel(Message request) throws IOException {
        Server server = busy.get(
                ByteBuffer.wrap(request.body, Integer.BYTES, Long.BYTES).getLong());
        if (server != null) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), target)) {
                ByteBuffer body = ByteBuffer.allocate(Integer.BYTES + server.key.length);
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                new Message((byte) 0, body.putInt(CANCEL).put(server.key).array()).write(out);
                out.flush();
                var _ = socket.getInputStream().read();
            }
        }
    }

    /** The sessions for the user and database of a client, opened with its first one. */
    private BlockingQueue<Server> pool(Message startup) throws IOException {
        String[] words = new String(
                        startup.body, Integer.BYTES, startup.body.length - Integer.BYTES, StandardCharsets.UTF_8)
                .split("\0", -1);
        StringBuilder kept = new StringBuilder();
        for (int i = 0; i + 1 < words.length; i += 2) {
            if (Set.of("user", "database").contains(words[i])) {
                kept.append(words[i]).append('\0').append(words[i + 1]).append('\0');
            }
        }
        byte[] names = kept.append("client_encoding\0UTF8\0\0").toString().getBytes(StandardCharsets.UTF_8);
        Message own = new Message(
                (byte) 0,
                ByteBuffer.allocate(Integer.BYTES + names.length)
                        .put(startup.body, 0, Integer.BYTES)
                        .put(names)
                        .array());
        synchronized (pools) {
            BlockingQueue<Server> pool = pools.get(kept.toString());
            if (pool == null) {
                pool = new LinkedBlockingQueue<>();
                for (int i = 0; i < size; i++) {
                    Server server = new Server(target, own);
                    sockets.add(server.socket);
                    pool.add(server);
                }
                pools.put(kept.toString(), pool);
            }
            return pool;
        }
    }

    /** A connection of a client. */
    private final class Client {

        private final DataInputStream in;
        private final DataOutputStream out;
        private final BlockingQueue<Server> pool;
        private byte[] key = ByteBuffer.allocate(Long.BYTES)
                .putLong(ThreadLocalRandom.current().nextLong())
                .array();

        Client(DataInputStream in, DataOutputStream out, BlockingQueue<Server> pool) {
            this.in = in;
            this.out = out;
            this.pool = pool;
        }

        void serve() throws IOException, InterruptedException {
            Server server = pool.take();
            try {
                greet(server);
            } finally {
                pool.put(server);
            }
            Message next = Message.read(in);
            while (next.type != 'X') {
                next = transaction(next);
            }
        }

        private void greet(Server server) throws IOException {
            if (mode == Mode.TRANSACTION_OF_ONE_NAMED) {
                key = server.key;
            }
            new Message((byte) 'R', new byte[Integer.BYTES]).write(out);
            for (Message parameter : server.parameters) {
                parameter.write(out);
            }
            new Message((byte) 'K', key).write(out);
            new Message((byte) 'Z', new byte[] {'I'}).write(out);
            out.flush();
        }

        /** @return the message that begins the next one */
        private Message transaction(Message begin) throws IOException, InterruptedException {
            Server server = pool.take();
            long number = ByteBuffer.wrap(key).getLong();
            busy.put(number, server);
            try {
                Message next = begin;
                while (true) {
                    mixed(next).write(server.out);
                    if (next.type == 'S' || next.type == 'Q') {
                        server.out.flush();
                        byte status = answer(server);
                        if (status != 'I' && mode == Mode.STATEMENT) {
                            throw new IOException("a transaction has begun");
                        }
                        if (status == 'I' && mode != Mode.SESSION) {
                            break;
                        }
                    }
                    next = Message.read(in);
                    if (next.type == 'X') {
                        return next;
                    }
                }
            } finally {
                busy.remove(number);
                pool.put(server);
            }
            return Message.read(in);
        }

        private byte answer(Server server) throws IOException {
            Message next;
            do {
                next = Message.read(server.in);
                next.write(out);
            } while (next.type != 'Z');
            out.flush();
            return next.body[0];
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
