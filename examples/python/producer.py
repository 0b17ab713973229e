#!/usr/bin/python3
"""Places orders, and enqueues a job for each in the same transaction.

    DATABASE_URL=postgresql://... producer.py [ORDERS [QUANTITY]]

A quantity of 0 is refused by the table: then neither the order nor its job exists.
"""

import os
import sys

import psycopg
from psycopg.types.json import Jsonb

QUEUE = os.environ.get("QUEUE", "invoices")


def place_order(db, quantity):
    with db.transaction():
        (order_id,) = db.execute("INSERT INTO orders (placed_by) VALUES ('python') RETURNING id").fetchone()
        db.execute(
            "SELECT pgqrs.enqueue(%s, %s, headers => %s)",
            [QUEUE, Jsonb({"order_id": order_id}), Jsonb({"type": "order_placed", "source": "python"})],
        )
        # If this fails the enqueue is undone with the rest.
        db.execute(
            "INSERT INTO order_lines VALUES (%s, 'pencil', %s, 1.20), (%s, 'paper', %s, 4.50)",
            [order_id, quantity, order_id, quantity],
        )


def main():
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    quantity = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    # prepare_threshold: psycopg prepares what runs often; PgBouncer below 1.21 cannot follow that.
    with psycopg.connect(os.environ.get("DATABASE_URL", ""), autocommit=True, prepare_threshold=None) as db:
        for _ in range(orders):
            place_order(db, quantity)


main()
