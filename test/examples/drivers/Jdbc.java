// JDBC. A payload is a PGobject of the type jsonb; one of the type json would find no function.

import java.sql.*;
import java.util.*;
import org.postgresql.util.PGobject;

class Jdbc {
    static Connection db;

    static void say(String name, Object value) {
        System.out.println(name + ": " + value);
    }

    static PGobject object(String type, String json) throws SQLException {
        PGobject object = new PGobject();
        object.setType(type);
        object.setValue(json);
        return object;
    }

    static PGobject jsonb(String json) throws SQLException {
        return object("jsonb", json);
    }

    static List<Object[]> rows(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<Object[]> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    Object[] row = new Object[result.getMetaData().getColumnCount()];
                    for (int i = 0; i < row.length; i++) {
                        row[i] = result.getObject(i + 1);
                    }
                    rows.add(row);
                }
            }
            return rows;
        }
    }

    static Object value(String sql, Object... parameters) throws SQLException {
        return rows(sql, parameters).get(0)[0];
    }

    static String sqlstate(String sql, Object... parameters) throws SQLException {
        try {
            rows(sql, parameters);
            return "none";
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    public static void main(String[] arguments) throws SQLException {
        // Below PgBouncer 1.21 nothing may be prepared.
        String unprepared = System.getenv("UNPREPARED") == null ? "" : "&prepareThreshold=0";
        db = DriverManager.getConnection(System.getenv("JDBC_DATABASE_URL") + unprepared);
        say("version", db.getMetaData().getDriverVersion());
        String enqueue = "SELECT pgqrs.enqueue('invoices', ?, headers => ?)";
        value(enqueue, jsonb("{\"n\": 1, \"text\": \"\u00e4'\\\\\"}"), jsonb("{\"type\": \"t\"}"));
        value(enqueue, jsonb("[1, \"two\"]"), null);
        value("SELECT pgqrs.enqueue('invoices', ?::jsonb)", "\"text\"");
        say("an object of the type json", sqlstate(enqueue, object("json", "1"), null));
        Array batch = db.createArrayOf("jsonb", new Object[] {"{\"n\": 2}", "{\"n\": 3}"});
        rows("SELECT pgqrs.enqueue_batch('invoices', ?)", batch);
        db.setAutoCommit(false);
        value(enqueue, jsonb("\"rolled back\""), null);
        db.rollback();
        value(enqueue, jsonb("\"committed\""), null);
        db.commit();
        say("wait in a transaction", sqlstate("CALL pgqrs.wait('invoices', ?::interval)", "1 s"));
        db.rollback();
        db.setAutoCommit(true);

        say("ready", value("CALL pgqrs.wait('invoices', ?::interval)", "5 s"));
        Object[] job = rows("SELECT id, read_ct, payload FROM pgqrs.dequeue(?)", "invoices").get(0);
        say("id", job[0].getClass().getSimpleName() + " " + job[0]);
        say("payload", job[2].getClass().getSimpleName());
        String archive = "SELECT pgqrs.archive('invoices', ?, ?)";
        say("true", value(archive, job[0], ((Integer) job[1]).longValue()));
        say("false", value(archive, job[0], job[1]));
        List<Object[]> rest = rows("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ?)", 10L);
        Array ids = db.createArrayOf("bigint", rest.stream().map(row -> row[0]).toArray());
        Array counts = db.createArrayOf("bigint", rest.stream().map(row -> row[1]).toArray());
        int done = 0;
        for (Object[] row : rows("SELECT id, done FROM pgqrs.archive_batch('invoices', ?, ?)", ids, counts)) {
            done += (Boolean) row[1] ? 1 : 0;
        }
        say("batch", done);
        say("missing queue", sqlstate("SELECT pgqrs.enqueue('missing', '1')"));
        for (int turn = 0; turn < 12; turn++) {
            rows("SELECT id FROM pgqrs.dequeue('invoices', vt => ?::interval)", "30 s");
        }
        db.close();
    }
}
