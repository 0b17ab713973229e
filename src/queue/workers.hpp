// The table pgqrs.workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/table.hpp"
#include "pg/call.hpp"

namespace pgqrs::queue {

struct NewWorker {
    std::string_view queue;
    std::string_view name;
    std::optional<std::string_view> hostname;
    std::optional<std::int64_t> pid;
    std::optional<pg::Json> metadata;
};

std::int64_t register_worker(const NewWorker& worker);
bool delete_worker(std::int64_t id);

// Raises PQ008 unless the worker is registered for the queue.
void require_worker(std::int64_t id, const engine::Access& access);

void get_worker(std::int64_t id, pg::RowSink& sink);
// Without a queue: of all queues.
void list_workers(std::optional<std::string_view> queue, std::int64_t after_id,
                  std::int64_t quantity, pg::RowSink& sink);
std::int64_t count_workers(std::optional<std::string_view> queue);

}  // namespace pgqrs::queue
