// lib/pq, with database/sql. JSON is text or bytes.
package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/lib/pq"
)

type queryer interface {
	QueryRow(string, ...interface{}) *sql.Row
	Query(string, ...interface{}) (*sql.Rows, error)
}

func say(name string, value interface{}) { fmt.Printf("%s: %v\n", name, value) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func value(db queryer, text string, parameters ...interface{}) interface{} {
	var it interface{}
	must(db.QueryRow(text, parameters...).Scan(&it))
	return it
}

func sqlstate(db queryer, text string) string {
	var it interface{}
	var found *pq.Error
	if errors.As(db.QueryRow(text).Scan(&it), &found) {
		return string(found.Code)
	}
	return "none"
}

func main() {
	url := os.Getenv("DATABASE_URL") + "?sslmode=disable"
	if os.Getenv("UNPREPARED") != "" {
		url += "&binary_parameters=yes"
	}
	db, err := sql.Open("postgres", url)
	must(err)
	db.SetMaxOpenConns(1)
	say("version", os.Getenv("DRIVER_PQ"))
	enqueue := "SELECT pgqrs.enqueue('invoices', $1, headers => $2)"
	value(db, enqueue, `{"n": 1, "text": "ä'\\"}`, `{"type": "t"}`)
	value(db, enqueue, `[1, "two"]`, nil)
	value(db, enqueue, `"text"`, nil)
	rows, err := db.Query("SELECT pgqrs.enqueue_batch('invoices', $1)", pq.Array([]string{`{"n": 2}`, `{"n": 3}`}))
	must(err)
	must(rows.Close())
	must(rows.Err())
	transaction, err := db.Begin()
	must(err)
	value(transaction, enqueue, `"rolled back"`, nil)
	must(transaction.Rollback())
	transaction, err = db.Begin()
	must(err)
	value(transaction, enqueue, `"committed"`, nil)
	must(transaction.Commit())

	say("ready", value(db, "CALL pgqrs.wait('invoices', $1)", "5 s"))
	var id, payload interface{}
	var readCt int64
	must(db.QueryRow("SELECT id, read_ct, payload FROM pgqrs.dequeue($1)", "invoices").Scan(&id, &readCt, &payload))
	say("id", fmt.Sprintf("%T %v", id, id))
	say("payload", fmt.Sprintf("%T", payload))
	archive := "SELECT pgqrs.archive('invoices', $1, $2)"
	say("true", value(db, archive, id, readCt))
	say("false", value(db, archive, id, readCt))
	var ids, counts []int64
	rows, err = db.Query("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", 10)
	must(err)
	for rows.Next() {
		var one int64
		must(rows.Scan(&one, &readCt))
		ids, counts = append(ids, one), append(counts, readCt)
	}
	done := 0
	text := "SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)"
	rows, err = db.Query(text, pq.Array(ids), pq.Array(counts))
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
	transaction, err = db.Begin()
	must(err)
	say("wait in a transaction", sqlstate(transaction, "CALL pgqrs.wait('invoices', '1 s')"))
	must(transaction.Rollback())
	for turn := 0; turn < 12; turn++ {
		rows, err = db.Query("SELECT id FROM pgqrs.dequeue('invoices', vt => $1)", "30 s")
		must(err)
		must(rows.Close())
	}
	must(db.Close())
}
