// pgx. Arguments get the types the server names, so a map or a slice becomes jsonb.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgtype"
	"github.com/jackc/pgx/v4"
)

var ctx = context.Background()

type queryer interface {
	QueryRow(context.Context, string, ...interface{}) pgx.Row
	Query(context.Context, string, ...interface{}) (pgx.Rows, error)
}

func say(name string, value interface{}) { fmt.Printf("%s: %v\n", name, value) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func value(db queryer, sql string, parameters ...interface{}) interface{} {
	var it interface{}
	must(db.QueryRow(ctx, sql, parameters...).Scan(&it))
	return it
}

func sqlstate(db queryer, sql string) string {
	var it interface{}
	var found *pgconn.PgError
	if errors.As(db.QueryRow(ctx, sql).Scan(&it), &found) {
		return found.Code
	}
	return "none"
}

func main() {
	config, err := pgx.ParseConfig(os.Getenv("DATABASE_URL"))
	must(err)
	if os.Getenv("UNPREPARED") != "" {
		config.PreferSimpleProtocol = true
	}
	db, err := pgx.ConnectConfig(ctx, config)
	must(err)
	say("version", os.Getenv("DRIVER_PGX"))
	// In the simple protocol the server names no types: the casts are for that.
	enqueue := "SELECT pgqrs.enqueue('invoices', $1, headers => $2)"
	jsonb := func(value interface{}) interface{} {
		it := &pgtype.JSONB{}
		must(it.Set(value))
		return it
	}
	value(db, enqueue, jsonb(map[string]interface{}{"n": 1, "text": "ä'\\"}), jsonb(map[string]string{"type": "t"}))
	value(db, enqueue, jsonb([]interface{}{1, "two"}), nil)
	value(db, enqueue, `"text"`, nil)
	batch := &pgtype.JSONBArray{}
	must(batch.Set([][]byte{[]byte(`{"n": 2}`), []byte(`{"n": 3}`)}))
	rows, err := db.Query(ctx, "SELECT pgqrs.enqueue_batch('invoices', $1::jsonb[])", batch)
	must(err)
	rows.Close()
	must(rows.Err())
	transaction, err := db.Begin(ctx)
	must(err)
	value(transaction, enqueue, jsonb([]byte(`"rolled back"`)), nil)
	must(transaction.Rollback(ctx))
	must(db.BeginFunc(ctx, func(transaction pgx.Tx) error {
		value(transaction, enqueue, jsonb([]byte(`"committed"`)), nil)
		return nil
	}))

	say("ready", value(db, "CALL pgqrs.wait('invoices', $1::text::interval)", "5 s"))
	var id, payload interface{}
	var readCt int64
	must(db.QueryRow(ctx, "SELECT id, read_ct, payload FROM pgqrs.dequeue($1)", "invoices").Scan(&id, &readCt, &payload))
	say("id", fmt.Sprintf("%T %v", id, id))
	say("payload", fmt.Sprintf("%T", payload))
	archive := "SELECT pgqrs.archive('invoices', $1, $2)"
	say("true", value(db, archive, id, readCt))
	say("false", value(db, archive, id, readCt))
	var ids, counts []int64
	rows, err = db.Query(ctx, "SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", 10)
	must(err)
	for rows.Next() {
		var one int64
		must(rows.Scan(&one, &readCt))
		ids, counts = append(ids, one), append(counts, readCt)
	}
	done := 0
	rows, err = db.Query(ctx, "SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)", ids, counts)
	must(err)
	for rows.Next() {
		var one int64
		var ok bool
		must(rows.Scan(&one, &ok))
		if ok {
			done++
		}
	}
	must(rows.Err())
	say("batch", done)
	say("missing queue", sqlstate(db, "SELECT pgqrs.enqueue('missing', '1')"))
	transaction, err = db.Begin(ctx)
	must(err)
	say("wait in a transaction", sqlstate(transaction, "CALL pgqrs.wait('invoices', '1 s')"))
	must(transaction.Rollback(ctx))
	for turn := 0; turn < 12; turn++ {
		rows, err = db.Query(ctx, "SELECT id FROM pgqrs.dequeue('invoices', vt => $1::text::interval)", "30 s")
		must(err)
		rows.Close()
	}
	must(db.Close(ctx))
}
