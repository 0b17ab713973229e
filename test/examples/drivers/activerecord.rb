# ActiveRecord, over pg.

require "active_record"

def say(name, value) = puts("#{name}: #{value}")

options = ENV["UNPREPARED"] ? { prepared_statements: false, advisory_locks: false } : {}
ActiveRecord::Base.establish_connection({ url: ENV["DATABASE_URL"], pool: 1, **options })
db = ActiveRecord::Base.connection
rows = lambda do |sql, *parameters|
  binds = parameters.map { |one| ActiveRecord::Relation::QueryAttribute.new("", one, ActiveRecord::Type::Value.new) }
  db.exec_query(sql, "pgqrs", binds, prepare: !ENV["UNPREPARED"])
end
value = ->(sql, *parameters) { result = rows.(sql, *parameters); result.cast_values.first }
sqlstate = lambda do |sql|
  rows.(sql)
rescue ActiveRecord::StatementInvalid => e
  e.cause.result.error_field(PG::Result::PG_DIAG_SQLSTATE)
end

say "version", ActiveRecord.version
enqueue = "SELECT pgqrs.enqueue('invoices', $1, headers => $2)"
value.(enqueue, JSON.generate({ n: 1, text: "ä'\\" }), JSON.generate({ type: "t" }))
value.(enqueue, JSON.generate([1, "two"]), nil)
value.(enqueue, JSON.generate("text"), nil)
batch = PG::TextEncoder::Array.new.encode([{ n: 2 }, { n: 3 }].map { |payload| JSON.generate(payload) })
value.("SELECT pgqrs.enqueue_batch('invoices', $1)", batch)
ActiveRecord::Base.transaction do
  value.(enqueue, '"rolled back"', nil)
  raise ActiveRecord::Rollback
end
ActiveRecord::Base.transaction { value.(enqueue, '"committed"', nil) }

# The query cache takes every SELECT for a question: the second one is answered with the first one's id.
ids = ActiveRecord::Base.cache do
  Array.new(2) { db.select_value("SELECT pgqrs.enqueue('invoices', '\"cached\"')") }
end
stored = value.("SELECT count(*) FROM pgqrs.messages WHERE payload = '\"cached\"'")
say "select_value in the query cache", "#{ids.uniq.size} id, #{stored} message"
ids = ActiveRecord::Base.cache do
  Array.new(2) { db.exec_query("SELECT pgqrs.enqueue('invoices', '\"cached\"')").rows[0][0] }
end
say "exec_query in the query cache", "#{ids.uniq.size} ids"
db.execute("SELECT pgqrs.delete('invoices', id) FROM pgqrs.messages WHERE payload = '\"cached\"'")

say "ready", value.("CALL pgqrs.wait('invoices', $1)", "5 s").inspect
job = rows.("SELECT id, read_ct, payload FROM pgqrs.dequeue($1)", "invoices").first
say "id", "#{job['id'].class} #{job['id']}"
say "payload", job["payload"].class
archive = "SELECT pgqrs.archive('invoices', $1, $2)"
say "true", value.(archive, job["id"], job["read_ct"]).inspect
say "false", value.(archive, job["id"], job["read_ct"]).inspect
rest = rows.("SELECT id, read_ct FROM pgqrs.dequeue_batch('invoices', $1)", 10).to_a
ids, counts = %w[id read_ct].map { |name| PG::TextEncoder::Array.new.encode(rest.map { |row| row[name] }) }
done = rows.("SELECT id, done FROM pgqrs.archive_batch('invoices', $1, $2)", ids, counts).to_a
say "batch", done.count { |row| row["done"] }
say "missing queue", sqlstate.("SELECT pgqrs.enqueue('missing', '1')")
ActiveRecord::Base.transaction do
  say "wait in a transaction", sqlstate.("CALL pgqrs.wait('invoices', '1 s')")
  raise ActiveRecord::Rollback
end
12.times { rows.("SELECT id FROM pgqrs.dequeue('invoices', vt => $1)", "30 s").to_a }
