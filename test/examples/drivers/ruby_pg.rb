# Ruby pg with its basic type map. Without one, every value is a String.

require "json"
require "pg"

def say(name, value) = puts("#{name}: #{value}")

db = PG.connect(ENV["DATABASE_URL"])
db.type_map_for_results = PG::BasicTypeMapForResults.new(db)
value = ->(sql, *parameters) { db.exec_params(sql, parameters).getvalue(0, 0) }
sqlstate = lambda do |sql, *parameters|
  db.exec_params(sql, parameters)
rescue PG::Error => e
  e.result.error_field(PG::Result::PG_DIAG_SQLSTATE)
end

say "version", PG::VERSION
enqueue = "SELECT pgqrs.enqueue('invoices', $1, headers => $2)"
value.(enqueue, JSON.generate({ n: 1, text: "ä'\\" }), JSON.generate({ type: "t" }))
value.(enqueue, JSON.generate([1, "two"]), nil)
value.(enqueue, JSON.generate("text"), nil)
batch = PG::TextEncoder::Array.new.encode([{ n: 2 }, { n: 3 }].map { |payload| JSON.generate(payload) })
value.("SELECT pgqrs.enqueue_batch('invoices', $1)", batch)
begin
  db.transaction do
    value.(enqueue, '"rolled back"', nil)
    raise "changed my mind"
  end
rescue StandardError
  # rolled back
end
db.transaction { value.(enqueue, '"committed"', nil) }

say "ready", value.("CALL pgqrs.wait('invoices', $1)", "5 s").inspect
job = db.exec_params("SELECT id, read_ct, payload FROM pgqrs.dequeue($1)", ["invoices"])[0]
say "id", "#{job['id'].class} #{job['id']}"
say "payload", job["payload"].class
archive = "SELECT pgqrs.archive('invoices', $1, $2)"
say "true", value.(archive, job["id"], job["read_ct"]).inspect
say "false", value.(archive, job["id"], job["read_ct"]).inspect
rest = db.exec_params("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", [10])
ids, counts = %w[id read_ct].map { |name| PG::TextEncoder::Array.new.encode(rest.column_values(rest.fnumber(name))) }
done = db.exec_params("SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)", [ids, counts])
say "batch", done.count { |row| row["done"] }
say "missing queue", sqlstate.("SELECT pgqrs.enqueue('missing', '1')")
db.exec("BEGIN")
say "wait in a transaction", sqlstate.("CALL pgqrs.wait('invoices', '1 s')")
db.exec("ROLLBACK")
12.times { db.exec_params("SELECT id FROM pgqrs.dequeue('invoices', vt => $1)", ["30 s"]).to_a }
