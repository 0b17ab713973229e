// Takes messages from one queue and finishes them.
//
// With a Message, every finishing call is fenced by its read_ct: false means that the lease ran out and the message went to
// another consumer, or that it is gone; nothing was changed. With ids alone it is not fenced.
//
// Threads: a Consumer is used by the thread that uses its Connection; wait() ends when another thread requests its Stop.
// ABI: Consumer changes inside, and DequeueOptions gets members, with minor versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/failure.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs {

class Stop;

struct Finished {
    std::int64_t id = {};
    bool done = {};
};

// What Consumer::next() did.
struct Next {
    std::vector<Message> messages;  // delivered
    std::vector<std::int64_t>
        lost;  // of the messages that were done: those that could not be finished
};

// What heartbeat() says of a message.
struct Heartbeat {
    std::int64_t id = {};
    bool lost = {};       // it is gone, has no lease, or somebody else got it
    bool cancelled = {};  // Admin::cancel was called for it
};

struct DequeueOptions {
    std::optional<Duration> lock_time =
        {};  // length of the lease; without, the configuration's or the queue's
    std::optional<std::int64_t> worker = {};  // an id from Workers or Consumer::register_worker
};

class Consumer {
public:
    // The connection must outlive it. Raises InvalidArgument (PQ004) for a name no queue can have.
    Consumer(Connection& connection, std::string queue, DequeueOptions options = {});

    // The next message, or none. With `wait`, waits for one in the server for that long (at most pgqrs.max_wait, 60 s; its
    // statement holds a snapshot meanwhile).
    std::optional<Message> dequeue(Duration wait = {});
    // Up to `quantity`; 0 means the configuration's default_batch_size.
    std::vector<Message> dequeue_batch(int quantity = 0, Duration wait = {});
    // Archives the messages that are done, fenced as below, and takes up to `quantity` of the next ones (0 as above), in one
    // round trip and one transaction. A lost lease costs no delivery. It waits only when nothing is done. More messages than
    // pgqrs.max_batch_size raise ServerError PQ009, and nothing is finished.
    Next next(const std::vector<Message>& done, int quantity = 1, Duration wait = {});
    // Waits, without holding a snapshot, until there is a message: true, or false after the timeout. Outside of
    // transactions only. Raises Stopped as soon as `stop` is requested.
    bool wait(Duration timeout, const Stop* stop = nullptr);
    // Takes and deletes: at most once, nothing to finish.
    std::vector<Message> pop(int quantity = 1);
    std::vector<Message> peek(int quantity = 1);

    [[nodiscard]] bool archive(const Message& message);
    [[nodiscard]] bool remove(const Message& message);
    [[nodiscard]] bool release(const Message& message, Duration delay = {});
    [[nodiscard]] bool extend(const Message& message, Duration by);

    [[nodiscard]] bool archive(std::int64_t id, std::optional<int> read_ct = std::nullopt);
    [[nodiscard]] bool remove(std::int64_t id, std::optional<int> read_ct = std::nullopt);
    [[nodiscard]] bool release(std::int64_t id, Duration delay,
                               std::optional<int> read_ct = std::nullopt);
    [[nodiscard]] bool extend(std::int64_t id, Duration by,
                              std::optional<int> read_ct = std::nullopt);

    // One answer for each message, in their order; all in one transaction, however many.
    std::vector<Finished> archive_batch(const std::vector<Message>& messages);
    std::vector<Finished> remove_batch(const std::vector<Message>& messages);
    std::vector<Finished> release_batch(const std::vector<Message>& messages, Duration delay = {});
    std::vector<Finished> archive_batch(const std::vector<std::int64_t>& ids);
    std::vector<Finished> remove_batch(const std::vector<std::int64_t>& ids);
    std::vector<Finished> release_batch(const std::vector<std::int64_t>& ids, Duration delay = {});

    // Ends a delivery as failed: it is delivered again after the queue's back-off, or is dead when it has failed
    // max_attempts times. Bytes of `error` that are no UTF-8 become question marks; the server keeps its first 10,000
    // bytes.
    [[nodiscard]] Failed fail(const Message& message, const std::string& error,
                              const FailOptions& options = {});
    [[nodiscard]] Failed fail(std::int64_t id, const std::string& error,
                              std::optional<int> read_ct = std::nullopt,
                              const FailOptions& options = {});
    // One answer for each message, in their order; all in one transaction, however many. One error for all, or one for
    // each (else InvalidArgument PQ010).
    std::vector<Failed> fail_batch(const std::vector<Message>& messages,
                                   const std::vector<std::string>& errors,
                                   const FailOptions& options = {});
    std::vector<Failed> fail_batch(const std::vector<std::int64_t>& ids,
                                   const std::vector<std::string>& errors,
                                   const FailOptions& options = {});

    // Gives a sign of life of the worker of this consumer (DequeueOptions::worker; without one InvalidArgument PQ010), and says
    // what has become of messages it works on: one answer for each, in their order; all in one transaction, however many. It
    // extends no lease. Raises ServerError PQ008 for a worker that is stopped, dead or gone.
    std::vector<Heartbeat> heartbeat(const std::vector<Message>& messages = {});
    // With ids alone, a message is lost when another worker got it last.
    std::vector<Heartbeat> heartbeat(const std::vector<std::int64_t>& ids);

    // As archive(), but raises LeaseLost (PQ001) instead of answering false: for the end of a transaction, which is then
    // rolled back with the work in it.
    void archive_or_throw(const Message& message);

    // As extend(), but raises ServerError 55P03 when the message is locked for longer than `lock_wait` (at least 1 ms), such
    // as by a transaction that archived it and has not ended.
    [[nodiscard]] bool extend_without_waiting(std::int64_t id, Duration by, int read_ct,
                                              Duration lock_wait);

    const std::string& queue() const noexcept { return queue_; }
    Connection& connection() const noexcept { return connection_; }

private:
    std::vector<Finished> finish_batch(const std::string& sql, const std::vector<Message>& messages,
                                       std::optional<Duration> delay = std::nullopt);
    std::vector<Finished> finish_batch(const std::string& sql, const std::vector<std::int64_t>& ids,
                                       const std::vector<std::int64_t>& read_cts,
                                       std::optional<Duration> delay = std::nullopt);

    std::vector<Heartbeat> heartbeat(const std::vector<std::int64_t>& ids,
                                     const std::vector<std::int64_t>& read_cts);
    std::vector<Failed> fail_all(const std::vector<std::int64_t>& ids,
                                 const std::vector<std::int64_t>& read_cts,
                                 const std::vector<std::string>& errors,
                                 const FailOptions& options);

    Connection& connection_;
    std::string queue_;
    DequeueOptions options_;
};

}  // namespace pgqrs
