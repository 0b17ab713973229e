#!/usr/bin/ruby
# Makes the invoice for each order, exactly once. Runs until SIGTERM or SIGINT. See examples/README.md.
#
#   DATABASE_URL=postgresql://... worker.rb
require "json"
require "pg"

URL = ENV.fetch("DATABASE_URL", "")
QUEUE = ENV.fetch("QUEUE", "invoices")
LEASE = Float(ENV.fetch("LEASE_SECONDS", 30))
WAIT = Float(ENV.fetch("WAIT_SECONDS", 20))
WORK = Float(ENV.fetch("WORK_SECONDS", 0))

class LeaseLost < StandardError; end

Lease = Struct.new(:done, :lost)

$stopping = false
%w[TERM INT].each { |signal| trap(signal) { $stopping = true } }

def log(text)
  warn "ruby: #{text}"
end

# Whether the block comes true within so many seconds. A long sleep would go on after a signal.
def within(seconds)
  ends = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
  until (answer = yield) || Process.clock_gettime(Process::CLOCK_MONOTONIC) >= ends
    sleep 0.05
  end
  answer
end

# Extends the lease while the block works. The thread has a connection of its own, made only for long jobs.
def keeping_lease(id, read_ct)
  lease = Lease.new(false, false)
  Thread.new do
    until lease.lost || within(LEASE / 3) { lease.done }
      begin
        extend = "SELECT pgqrs.extend_visibility($1, $2, $3, $4)"
        held = with_connection { |db| db.exec_params(extend, [QUEUE, id, "#{LEASE} s", read_ct]).getvalue(0, 0) }
        lease.lost = held == "f"
      rescue PG::Error => error # the next turn tries again; whether it was too late, archive() knows
        log "message #{id} not extended: #{error.message}"
      end
    end
  end
  yield lease
ensure
  lease.done = true
end

def with_connection
  db = PG.connect(URL)
  yield db
ensure
  db&.finish
end

def invoice_total(db, order_id, lease)
  raise LeaseLost if within(WORK) { lease.lost } # the long part of a real job; it looks now and then whether to go on

  sum = "SELECT sum(quantity * price) FROM order_lines WHERE order_id = $1"
  db.exec_params(sum, [order_id]).getvalue(0, 0) or raise "there is no order #{order_id}"
end

def process(db, id, payload, read_ct)
  keeping_lease(id, read_ct) do |lease|
    order_id = JSON.parse(payload).fetch("order_id")
    total = invoice_total(db, order_id, lease)
    # The invoice and the end of the message are one transaction: both, or neither.
    db.transaction do
      db.exec_params("INSERT INTO invoices (order_id, message_id, read_ct, made_by, total) VALUES ($1, $2, $3, 'ruby', $4)",
                     [order_id, id, read_ct, total])
      archived = db.exec_params("SELECT pgqrs.archive($1, $2, $3)", [QUEUE, id, read_ct]).getvalue(0, 0)
      raise LeaseLost if archived == "f" # rolls the invoice back
    end
  end
rescue LeaseLost
  log "message #{id} went to another worker"
rescue StandardError => error
  raise if error.is_a?(PG::ConnectionBad) # not the job's fault: its lease runs out, and somebody gets it again

  log "message #{id} failed: #{error.message}"
  # Tried again after the queue's back-off, until its attempts are used up.
  db.exec_params("SELECT pgqrs.fail($1, $2, error => $3, read_ct => $4)", [QUEUE, id, error.message, read_ct])
end

# Sent without waiting for the answer, so that a signal can cancel it. Outside of a transaction.
def wait_for_message(db)
  db.send_query_params("CALL pgqrs.wait($1, $2)", [QUEUE, "#{WAIT} s"])
  # Again and again: a cancel that comes before the call has begun, or that a pooler loses, ends nothing.
  db.cancel if $stopping until db.block(0.5)
  db.get_last_result
rescue PG::QueryCanceled
  raise unless $stopping
end

def work(db)
  until $stopping
    dequeue = "SELECT id, payload, read_ct FROM pgqrs.dequeue($1, vt => $2)"
    message = db.exec_params(dequeue, [QUEUE, "#{LEASE} s"]).values.first
    if message
      process(db, *message)
    elsif ENV["STOP_WHEN_EMPTY"]
      $stopping = true
    else
      wait_for_message(db)
    end
  end
end

pause = 0.5
until $stopping
  begin
    with_connection do |db|
      pause = 0.5
      work(db)
    end
  rescue PG::ConnectionBad, PG::AdminShutdown => error # try again, ever more slowly
    log "#{error.message.strip}; connecting again in #{pause} s"
    within(pause) { $stopping }
    pause = [2 * pause, 30].min
  end
end
