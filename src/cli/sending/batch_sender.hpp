// Sends batches of an NDJSON file, finds the lines the server does not take, and keeps account of what is committed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/sending/message_source.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/producer.hpp"

namespace pgqrs::cli {

class BatchSender {
public:
    // What is to be done about a line the server does not take; it is passed over unless this raises.
    using OnBad = std::function<void(const BadLine& line)>;

    BatchSender(Connection& connection, const std::string& queue, const EnqueueOptions& options,
                OnBad on_bad)
        : producer_(connection, queue), options_(options), on_bad_(std::move(on_bad)) {}

    // A batch is one transaction, unless the server refuses it: then its halves are, until it is known which lines are to
    // blame; all before those are committed. Raises Failure, which says where to go on, when the work cannot.
    void send(const Batch& batch);

    std::int64_t sent() const noexcept { return sent_; }
    // All good lines up to this one are committed.
    std::int64_t committed() const noexcept { return committed_; }
    void start_after(std::int64_t line) noexcept { committed_ = line; }

private:
    void send_part(const Batch& batch, std::size_t from, std::size_t to);
    void bisect(const Batch& batch, std::size_t from, std::size_t to, const Error& error);
    [[noreturn]] void fail(const Error& error, std::int64_t first, std::int64_t last) const;

    Producer producer_;
    const EnqueueOptions options_;
    OnBad on_bad_;
    std::int64_t sent_ = 0;
    std::int64_t committed_ = 0;
};

// "Go on with --from-line 7."
std::string how_to_go_on(std::int64_t line);
// "everything up to line 6 is sent"
std::string sent_up_to(std::int64_t line);

}  // namespace pgqrs::cli
