// Places orders, and enqueues a job for each in the same transaction.
//
//   DATABASE_URL=postgresql://... producer [ORDERS [QUANTITY]]
//
// A quantity of 0 is refused by the table: then neither the order nor its job exists.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <pgqrs/client.hpp>

namespace {

std::string setting(const char* name, const std::string& otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

// The payload's type: nlohmann-json knows how to write it.
struct OrderPlaced {
    std::int64_t order_id;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderPlaced, order_id)

void place_order(pgqrs::Connection& db, pgqrs::Producer& jobs, const std::string& quantity) {
    pgqrs::Transaction transaction(db);
    const auto order_id =
        db.execute("INSERT INTO orders (placed_by) VALUES ('cpp') RETURNING id").integer(0, 0);
    jobs.enqueue(OrderPlaced{order_id}, {.headers = {{"source", "cpp"}}, .type = "order_placed"});
    // If this fails the enqueue is undone with the rest.
    db.execute("INSERT INTO order_lines VALUES ($1, 'pencil', $2, 1.20), ($1, 'paper', $2, 4.50)",
               {std::to_string(order_id), quantity});
    transaction.commit();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        // Reads DATABASE_URL, among others: see Config in the documentation.
        pgqrs::Connection db(pgqrs::Config::load());
        pgqrs::Producer jobs(db, setting("QUEUE", "invoices"));
        const long orders = argc > 1 ? std::stol(argv[1]) : 1;
        for (long order = 0; order < orders; ++order) {
            place_order(db, jobs, argc > 2 ? argv[2] : "3");
        }
    } catch (const std::exception& error) {
        std::cerr << "cpp: " << error.what() << '\n';
        return 1;
    }
}
