import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Places orders, and enqueues a job for each in the same transaction.
 *
 * <pre>JDBC_DATABASE_URL=jdbc:postgresql://... java -cp postgresql.jar Producer.java [ORDERS [QUANTITY]]</pre>
 *
 * A quantity of 0 is refused by the table: then neither the order nor its job exists.
 */
public class Producer {
    static final String QUEUE = System.getenv().getOrDefault("QUEUE", "invoices");

    static void placeOrder(Connection db, int quantity) throws SQLException {
        long orderId;
        try (PreparedStatement insert = db.prepareStatement("INSERT INTO orders (placed_by) VALUES ('java') RETURNING id");
                ResultSet row = insert.executeQuery()) {
            row.next();
            orderId = row.getLong(1);
        }
        // The driver sends strings as varchar: jsonb needs the cast. Real programs use a JSON library here.
        try (PreparedStatement enqueue = db.prepareStatement("SELECT pgqrs.enqueue(?, ?::jsonb, headers => ?::jsonb)")) {
            enqueue.setString(1, QUEUE);
            enqueue.setString(2, "{\"order_id\": " + orderId + "}");
            enqueue.setString(3, "{\"type\": \"order_placed\", \"source\": \"java\"}");
            enqueue.executeQuery();
        }
        // If this fails the enqueue is undone with the rest.
        try (PreparedStatement insert = db.prepareStatement(
                "INSERT INTO order_lines VALUES (?, 'pencil', ?, 1.20), (?, 'paper', ?, 4.50)")) {
            insert.setLong(1, orderId);
            insert.setInt(2, quantity);
            insert.setLong(3, orderId);
            insert.setInt(4, quantity);
            insert.executeUpdate();
        }
    }

    public static void main(String[] arguments) throws SQLException {
        int orders = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        int quantity = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        try (Connection db = DriverManager.getConnection(System.getenv("JDBC_DATABASE_URL"))) {
            // The driver prepares what has run five times; PgBouncer below 1.21 cannot follow that.
            db.unwrap(org.postgresql.PGConnection.class).setPrepareThreshold(0);
            db.setAutoCommit(false);
            for (int i = 0; i < orders; i++) {
                placeOrder(db, quantity);
                db.commit();
            }
        }
    }
}
