// Looking at messages and at the archive without changing them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pg/spi.hpp"

namespace pgqrs::queue {

struct Page {
    std::int64_t after_id;
    std::int64_t quantity;
};

void get_message(std::string_view queue, std::int64_t id, pg::RowSink& sink);
void list_messages(std::string_view queue, const Page& page, pg::RowSink& sink);
// Without a queue: of all queues.
std::int64_t count_messages(std::optional<std::string_view> queue);

void get_archived(std::string_view queue, std::int64_t id, pg::RowSink& sink);
void list_archive(std::string_view queue, const Page& page, pg::RowSink& sink);
std::int64_t count_archive(std::optional<std::string_view> queue);

}  // namespace pgqrs::queue
