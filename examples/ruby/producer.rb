#!/usr/bin/ruby
# Places orders, and enqueues a job for each in the same transaction.
#
#   DATABASE_URL=postgresql://... producer.rb [ORDERS [QUANTITY]]
#
# A quantity of 0 is refused by the table: then neither the order nor its job exists.
require "json"
require "pg"

QUEUE = ENV.fetch("QUEUE", "invoices")

def place_order(db, quantity)
  db.transaction do
    order_id = db.exec("INSERT INTO orders (placed_by) VALUES ('ruby') RETURNING id").getvalue(0, 0).to_i
    db.exec_params(
      "SELECT pgqrs.enqueue($1, $2, headers => $3)",
      [QUEUE, JSON.generate(order_id: order_id), JSON.generate(type: "order_placed", source: "ruby")]
    )
    # If this fails the enqueue is undone with the rest.
    db.exec_params(
      "INSERT INTO order_lines VALUES ($1, 'pencil', $2, 1.20), ($1, 'paper', $2, 4.50)", [order_id, quantity]
    )
  end
end

orders = Integer(ARGV.fetch(0, 1))
quantity = Integer(ARGV.fetch(1, 3))
db = PG.connect(ENV.fetch("DATABASE_URL", ""))
begin
  orders.times { place_order(db, quantity) }
ensure
  db.finish
end
