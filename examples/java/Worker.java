import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the invoice for each order, exactly once. Runs until SIGTERM or SIGINT. See examples/README.md.
 *
 * <pre>JDBC_DATABASE_URL=jdbc:postgresql://... java -cp postgresql.jar Worker.java</pre>
 */
public class Worker {
    static final String QUEUE = System.getenv().getOrDefault("QUEUE", "invoices");
    static final double LEASE = seconds("LEASE_SECONDS", "30");
    static final double WAIT = seconds("WAIT_SECONDS", "20");
    static final double WORK = seconds("WORK_SECONDS", "0");
    static final Pattern ORDER_ID = Pattern.compile("\"order_id\": *(-?\\d+)");

    // Daemon threads do not keep the program from ending.
    static final ScheduledExecutorService KEEPER = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    });
    static final CountDownLatch stop = new CountDownLatch(1);
    static volatile PreparedStatement waiting;

    record Message(long id, String payload, int readCt) {}

    static class LeaseLost extends Exception {}

    static double seconds(String variable, String otherwise) {
        return Double.parseDouble(System.getenv().getOrDefault(variable, otherwise));
    }

    static boolean isStopping() {
        return stop.getCount() == 0;
    }

    /** In autocommit: a lease is committed before the work starts, and a wait must not be inside a transaction. */
    static Connection connect() throws SQLException {
        Connection db = DriverManager.getConnection(System.getenv("JDBC_DATABASE_URL"));
        // The driver prepares what has run five times; PgBouncer below 1.21 cannot follow that.
        db.unwrap(org.postgresql.PGConnection.class).setPrepareThreshold(0);
        return db;
    }

    /** Binds the parameters; the statement is the caller's to close. */
    static PreparedStatement prepare(Connection db, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = db.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) statement.setObject(i + 1, parameters[i]);
        return statement;
    }

    static boolean isTrue(PreparedStatement query) throws SQLException {
        try (query; ResultSet row = query.executeQuery()) {
            return row.next() && row.getBoolean(1);
        }
    }

    static Message dequeue(Connection db) throws SQLException {
        String sql = "SELECT id, payload, read_ct FROM pgqrs.dequeue(?, vt => make_interval(secs => ?))";
        try (PreparedStatement query = prepare(db, sql, QUEUE, LEASE); ResultSet row = query.executeQuery()) {
            return row.next() ? new Message(row.getLong(1), row.getString(2), row.getInt(3)) : null;
        }
    }

    /** Extends the lease, with a connection of its own, made only for long jobs. */
    static void extend(Message message, CountDownLatch lost) {
        String sql = "SELECT pgqrs.extend_visibility(?, ?, make_interval(secs => ?), ?)";
        try (Connection db = connect()) {
            if (!isTrue(prepare(db, sql, QUEUE, message.id, LEASE, message.readCt))) lost.countDown();
        } catch (SQLException error) { // the next turn tries again; whether it was too late, archive() knows
            log("message " + message.id + " not extended: " + error.getMessage());
        }
    }

    static BigDecimal invoiceTotal(Connection db, long orderId, CountDownLatch lost) throws Exception {
        // The long part of a real job; it looks now and then whether to go on.
        if (lost.await((long) (WORK * 1000), TimeUnit.MILLISECONDS)) throw new LeaseLost();
        String sql = "SELECT sum(quantity * price) FROM order_lines WHERE order_id = ?";
        try (PreparedStatement query = prepare(db, sql, orderId); ResultSet row = query.executeQuery()) {
            row.next();
            if (row.getBigDecimal(1) == null) throw new IllegalArgumentException("there is no order " + orderId);
            return row.getBigDecimal(1);
        }
    }

    /** The invoice and the end of the message are one transaction: both, or neither. */
    static void finish(Connection db, Message message, long orderId, BigDecimal total) throws Exception {
        db.setAutoCommit(false);
        try (PreparedStatement insert = prepare(db,
                "INSERT INTO invoices (order_id, message_id, read_ct, made_by, total) VALUES (?, ?, ?, 'java', ?)",
                orderId, message.id, message.readCt, total)) {
            insert.executeUpdate();
            if (!isTrue(prepare(db, "SELECT pgqrs.archive(?, ?, ?)", QUEUE, message.id, message.readCt))) {
                throw new LeaseLost();
            }
            db.commit();
        } catch (Exception error) {
            db.rollback();
            throw error;
        } finally {
            db.setAutoCommit(true);
        }
    }

    static void process(Connection db, Message message) throws SQLException {
        CountDownLatch lost = new CountDownLatch(1);
        long third = (long) (LEASE * 1000 / 3);
        var extension = KEEPER.scheduleWithFixedDelay(() -> extend(message, lost), third, third, TimeUnit.MILLISECONDS);
        try {
            Matcher matcher = ORDER_ID.matcher(message.payload); // real programs use a JSON library
            if (!matcher.find()) throw new IllegalArgumentException("no order_id in " + message.payload);
            long orderId = Long.parseLong(matcher.group(1));
            finish(db, message, orderId, invoiceTotal(db, orderId, lost));
        } catch (LeaseLost error) {
            log("message " + message.id + " went to another worker");
        } catch (Exception error) {
            log("message " + message.id + " failed: " + error.getMessage());
            // Tried again after the queue's back-off, until its attempts are used up. Without a connection this fails, too: the
            // lease runs out, and somebody gets the message again.
            isTrue(prepare(db, "SELECT result = 'retrying' FROM pgqrs.fail(?, ?, error => ?, read_ct => ?)",
                    QUEUE, message.id, String.valueOf(error.getMessage()), message.readCt));
        } finally {
            extension.cancel(false);
        }
    }

    static void waitForMessage(Connection db) throws SQLException {
        try (PreparedStatement call = prepare(db, "CALL pgqrs.wait(?, make_interval(secs => ?))", QUEUE, WAIT)) {
            waiting = call;
            if (!isStopping()) call.execute();
        } finally {
            waiting = null;
        }
    }

    static void work(Connection db) throws SQLException {
        while (!isStopping()) {
            Message message = dequeue(db);
            if (message != null) process(db, message);
            else if (System.getenv("STOP_WHEN_EMPTY") != null) stop.countDown();
            else waitForMessage(db);
        }
    }

    static void log(String text) {
        System.err.println("java: " + text);
    }

    /** On a signal: ends the wait, or lets the job in hand end. The status is then 143, as always with Java. */
    static void endWith(Thread worker) {
        stop.countDown();
        while (worker.isAlive()) {
            PreparedStatement call = waiting;
            try {
                if (call != null) call.cancel();
                worker.join(200); // once more, if that was before the statement began
            } catch (SQLException | InterruptedException error) { // it has just ended
                log(error.getMessage());
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Thread worker = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endWith(worker)));
        long pause = 500;
        while (!isStopping()) {
            try (Connection db = connect()) {
                pause = 500;
                work(db);
            } catch (SQLException error) { // the connection: try again, ever more slowly
                if (isStopping()) break;
                log(error.getMessage() + "; connecting again in " + pause + " ms");
                stop.await(pause, TimeUnit.MILLISECONDS);
                pause = Math.min(2 * pause, 30_000);
            }
        }
    }
}
