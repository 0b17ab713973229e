// Makes the invoice for each order, exactly once. Runs until SIGTERM or SIGINT. See examples/README.md.
//
//   DATABASE_URL=postgresql://... worker
//
// Waiting, leases and their extension, back-off, lost connections and stopping are the library's business.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include <pgqrs/client.hpp>

namespace {

using std::chrono::steady_clock;

std::string setting(const char* name, const std::string& otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

std::chrono::milliseconds seconds(const char* name, const std::string& otherwise) {
    return std::chrono::milliseconds(static_cast<long>(std::stod(setting(name, otherwise)) * 1000));
}

struct OrderPlaced {
    std::int64_t order_id;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderPlaced, order_id)

// The long part of a real job; it looks now and then whether to go on.
void work_for(std::chrono::milliseconds duration, const pgqrs::Job& job) {
    for (const auto end = steady_clock::now() + duration;
         steady_clock::now() < end && !job.lease_lost();) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void make_invoice(const OrderPlaced& placed, pgqrs::Job& job) {
    work_for(seconds("WORK_SECONDS", "0"), job);
    const auto order_id = std::to_string(placed.order_id);
    const auto total = job.connection().execute(
        "SELECT sum(quantity * price) FROM order_lines WHERE order_id = $1", {order_id});
    if (total.is_null(0, 0)) {
        throw std::runtime_error("there is no order " + order_id);  // tried again later, or dead
    }
    // The invoice and the end of the message are one transaction: both, or neither.
    job.finish([&](pgqrs::Connection& db) {
        db.execute(
            "INSERT INTO invoices (order_id, message_id, read_ct, made_by, total) VALUES ($1, $2, "
            "$3, 'cpp', $4)",
            {order_id, std::to_string(job.message().id), std::to_string(job.message().read_ct),
             total.text(0, 0)});
    });
}

void report(const pgqrs::WorkEvent& event) {
    if (!event.error.empty()) {
        std::cerr << "cpp: "
                  << (event.message ? "message " + std::to_string(event.message->id) + ": " : "")
                  << event.error << std::endl;
    }
}

}  // namespace

int main() {
    try {
        pgqrs::Stop stop;
        pgqrs::StopOnSignals signals(stop);
        pgqrs::Dispatcher handlers;
        handlers.on<OrderPlaced>("order_placed", make_invoice);
        pgqrs::work(pgqrs::Config::load(), setting("QUEUE", "invoices"), handlers,
                    {.lock_time = seconds("LEASE_SECONDS", "30"),
                     .stop_when_empty = std::getenv("STOP_WHEN_EMPTY") != nullptr,
                     .on_event = report},
                    stop);
    } catch (const std::exception& error) {
        std::cerr << "cpp: " << error.what() << '\n';
        return 1;
    }
}
