// tokio-postgres with its feature with-serde_json-1. It is strict: i64 for bigint, i32 for a column of the type integer,
// Value for jsonb.

use serde_json::{json, Value};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, NoTls, Row};

fn say(name: &str, value: impl std::fmt::Display) {
    println!("{name}: {value}");
}

fn sqlstate(result: Result<Vec<Row>, Error>) -> String {
    result.err().and_then(|error| error.code().map(|code| code.code().to_string())).unwrap_or("none".to_string())
}

async fn enqueue(db: &Client, payload: Value, headers: Option<Value>) -> Result<i64, Error> {
    let sql = "SELECT pgqrs.enqueue('invoices', $1, headers => $2)";
    let parameters: [&(dyn ToSql + Sync); 2] = [&payload, &headers];
    Ok(db.query_one(sql, &parameters).await?.get(0))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (mut db, connection) = tokio_postgres::connect(&std::env::var("DATABASE_URL").unwrap(), NoTls).await?;
    tokio::spawn(connection);
    say("version", std::env::var("DRIVER_TOKIO_POSTGRES").unwrap_or_default());
    enqueue(&db, json!({"n": 1, "text": "ä'\\"}), Some(json!({"type": "t"}))).await?;
    enqueue(&db, json!([1, "two"]), None).await?;
    enqueue(&db, json!("text"), None).await?;
    let batch = vec![json!({"n": 2}), json!({"n": 3})];
    db.query("SELECT pgqrs.enqueue_batch('invoices', $1)", &[&batch]).await?;
    let transaction = db.transaction().await?;
    transaction.query_one("SELECT pgqrs.enqueue('invoices', $1)", &[&json!("rolled back")]).await?;
    transaction.rollback().await?;
    let transaction = db.transaction().await?;
    transaction.query_one("SELECT pgqrs.enqueue('invoices', $1)", &[&json!("committed")]).await?;
    transaction.commit().await?;

    // There is no Rust type for interval in the crate: the text of one, or make_interval.
    let ready: bool = db.query_one("CALL pgqrs.wait('invoices', $1::text::interval)", &[&"5 s"]).await?.get(0);
    say("ready", ready);
    let job = db.query_one("SELECT id, read_ct, payload FROM pgqrs.dequeue($1)", &[&"invoices"]).await?;
    let (id, read_ct, payload): (i64, i32, Value) = (job.get(0), job.get(1), job.get(2));
    let read_ct = i64::from(read_ct); // the column is an integer, the argument a bigint
    say("id", format!("i64 {id}"));
    say("payload", if payload.is_object() { "Value" } else { "?" });
    let archive = "SELECT pgqrs.archive('invoices', $1, $2)";
    say("true", db.query_one(archive, &[&id, &read_ct]).await?.get::<_, bool>(0));
    say("false", db.query_one(archive, &[&id, &read_ct]).await?.get::<_, bool>(0));
    let rest = db.query("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", &[&10_i64]).await?;
    let ids: Vec<i64> = rest.iter().map(|row| row.get(0)).collect();
    let counts: Vec<i64> = rest.iter().map(|row| row.get::<_, i32>(1).into()).collect();
    let archive = "SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)";
    let done = db.query(archive, &[&ids, &counts]).await?;
    say("batch", done.iter().filter(|row| row.get(1)).count());
    say("missing queue", sqlstate(db.query("SELECT pgqrs.enqueue('missing', '1')", &[]).await));
    let transaction = db.transaction().await?;
    say("wait in a transaction", sqlstate(transaction.query("CALL pgqrs.wait('invoices', '1 s')", &[]).await));
    transaction.rollback().await?;
    for _ in 0..12 {
        db.query("SELECT id FROM pgqrs.dequeue('invoices', vt => $1::text::interval)", &[&"30 s"]).await?;
    }
    Ok(())
}
