// The four tables, each behind the same functions (concept Table): for tools and tests that look at or mend single rows.
// `list` and `filter_by_queue` go page by page: up to `quantity` rows by id, after `after_id`.
//
// Threads: Queues, Workers, Messages and Archive are used by the thread that uses their Connection.
// ABI: these four stay one reference within a major version. The structs NewQueue, NewWorker and NewQueueMessage get
// members with minor versions.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/producer.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs {

template <typename T>
concept Table = requires(T table, const typename T::New& row, std::int64_t id,
                         const std::string& queue, int quantity) {
    { table.insert(row) } -> std::same_as<typename T::Row>;
    { table.get(id) } -> std::same_as<std::optional<typename T::Row>>;
    { table.list(id, quantity) } -> std::same_as<std::vector<typename T::Row>>;
    { table.filter_by_queue(queue, id, quantity) } -> std::same_as<std::vector<typename T::Row>>;
    { table.remove(id) } -> std::same_as<bool>;
    { table.count() } -> std::same_as<std::int64_t>;
    { table.count_by_queue(queue) } -> std::same_as<std::int64_t>;
};

struct NewQueue {
    std::string name = {};
    QueueOptions options = {};
};

struct NewWorker {
    std::string queue = {};
    std::string name = {};
    std::optional<std::string> hostname = {};
    std::optional<int> pid = {};
    std::optional<nlohmann::json> metadata = {};
    std::optional<Duration> lease = {};  // silent for longer, it is dead; 60 s unless given
};

struct NewQueueMessage {
    std::string queue = {};
    nlohmann::json payload = {};
    EnqueueOptions options = {};
};

class Queues {
public:
    using Row = Queue;
    using New = NewQueue;
    explicit Queues(Connection& connection) : connection_(connection) {}
    Queue insert(const NewQueue& row);
    std::optional<Queue> get(std::int64_t id);
    std::vector<Queue> list(std::int64_t after_id = 0, int quantity = 100);
    std::vector<Queue> filter_by_queue(const std::string& queue, std::int64_t after_id = 0,
                                       int quantity = 100);
    bool remove(std::int64_t id);  // PQ011 while it holds messages
    std::int64_t count();
    std::int64_t count_by_queue(const std::string& queue);

private:
    Connection& connection_;
};

class Workers {
public:
    using Row = Worker;
    using New = NewWorker;
    explicit Workers(Connection& connection) : connection_(connection) {}
    Worker insert(const NewWorker& row);
    std::optional<Worker> get(std::int64_t id);
    std::vector<Worker> list(std::int64_t after_id = 0, int quantity = 100);
    std::vector<Worker> filter_by_queue(const std::string& queue, std::int64_t after_id = 0,
                                        int quantity = 100);
    bool remove(std::int64_t id);
    std::int64_t count();
    std::int64_t count_by_queue(const std::string& queue);

private:
    Connection& connection_;
};

class Messages {
public:
    using Row = Message;
    using New = NewQueueMessage;
    explicit Messages(Connection& connection) : connection_(connection) {}
    Message insert(const NewQueueMessage& row);
    std::optional<Message> get(std::int64_t id);
    std::vector<Message> list(std::int64_t after_id = 0, int quantity = 100);
    std::vector<Message> filter_by_queue(const std::string& queue, std::int64_t after_id = 0,
                                         int quantity = 100);
    // Calls `visit` with the rows filter_by_queue would answer with, one in memory at a time; how many there were.
    int for_each(const std::string& queue, std::int64_t after_id, int quantity,
                 const std::function<void(const Message&)>& visit);
    bool remove(std::int64_t id);
    std::int64_t count();
    std::int64_t count_by_queue(const std::string& queue);

private:
    Connection& connection_;
};

class Archive {
public:
    using Row = ArchivedMessage;
    using New =
        ArchivedMessage;  // its queue must exist, its id must be free; vt, worker_id... as given
    explicit Archive(Connection& connection) : connection_(connection) {}
    ArchivedMessage insert(const ArchivedMessage& row);
    std::optional<ArchivedMessage> get(std::int64_t id);
    std::vector<ArchivedMessage> list(std::int64_t after_id = 0, int quantity = 100);
    std::vector<ArchivedMessage> filter_by_queue(const std::string& queue,
                                                 std::int64_t after_id = 0, int quantity = 100);
    // Calls `visit` with the rows filter_by_queue would answer with, one in memory at a time; how many there were.
    int for_each(const std::string& queue, std::int64_t after_id, int quantity,
                 const std::function<void(const ArchivedMessage&)>& visit);
    bool remove(std::int64_t id);
    std::int64_t count();
    std::int64_t count_by_queue(const std::string& queue);

private:
    Connection& connection_;
};

}  // namespace pgqrs
