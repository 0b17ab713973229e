# Sequel with its extensions pg_json and pg_array, over pg.

require "sequel"

def say(name, value) = puts("#{name}: #{value}")

db = Sequel.connect(ENV["DATABASE_URL"].sub("postgresql:", "postgres:"), max_connections: 1)
db.extension :pg_json, :pg_array
value = ->(sql, *parameters) { db.fetch(sql, *parameters).single_value }
sqlstate = lambda do |sql|
  db.fetch(sql).all
rescue Sequel::DatabaseError => e
  e.wrapped_exception.result.error_field(PG::Result::PG_DIAG_SQLSTATE)
end

say "version", Sequel.version
jsonb = ->(payload) { Sequel.pg_jsonb_wrap(payload) }
enqueue = "SELECT pgqrs.enqueue('invoices', ?, headers => ?)"
value.(enqueue, jsonb.({ n: 1, text: "ä'\\" }), jsonb.({ type: "t" }))
value.(enqueue, jsonb.([1, "two"]), nil)
value.(enqueue, jsonb.("text"), nil)
batch = Sequel.pg_array([jsonb.({ n: 2 }), jsonb.({ n: 3 })], :jsonb)
value.("SELECT pgqrs.enqueue_batch('invoices', ?)", batch)
db.transaction(rollback: :always) { value.(enqueue, jsonb.("rolled back"), nil) }
db.transaction { value.(enqueue, jsonb.("committed"), nil) }

say "ready", value.("CALL pgqrs.wait('invoices', ?)", "5 s").inspect
job = db.fetch("SELECT id, read_ct, payload FROM pgqrs.dequeue(?)", "invoices").first
say "id", "#{job[:id].class} #{job[:id]}"
say "payload", job[:payload].class
archive = "SELECT pgqrs.archive('invoices', ?, ?)"
say "true", value.(archive, job[:id], job[:read_ct]).inspect
say "false", value.(archive, job[:id], job[:read_ct]).inspect
rest = db.fetch("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', ?)", 10).all
arrays = %i[id read_ct].map { |name| Sequel.pg_array(rest.map { |row| row[name] }, :bigint) }
done = db.fetch("SELECT id, done FROM pgqrs.archive_batch('invoices', ?, ?)", *arrays).all
say "batch", done.count { |row| row[:done] }
say "missing queue", sqlstate.("SELECT pgqrs.enqueue('missing', '1')")
state = nil
begin
  db.transaction do
    state = sqlstate.("CALL pgqrs.wait('invoices', '1 s')")
    raise Sequel::Rollback
  end
end
say "wait in a transaction", state
12.times { db.fetch("SELECT id FROM pgqrs.dequeue('invoices', vt => ?)", "30 s").all }
