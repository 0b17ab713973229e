// Looking at messages, archived or not: what the commands of `message` and of `archive` share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line/command.hpp"
#include "cli/context.hpp"

namespace pgqrs::cli {

enum class From { messages, archive };

struct Page {
    std::optional<std::int64_t> after;
    std::optional<int> limit;
};

// Adds --limit and --after.
void add_page(Command& command, Page& page);

// Shows the rows that `call` answers with, which come by id, as they arrive: each call is a statement of its own, so that
// no snapshot is held while somebody reads, and asks for as many rows as fit into memory. Says on stderr how to go on
// when there are more.
template <typename Row>
void show_page(Context& context, const Page& page, const std::vector<Field<Row>>& fields,
               const std::function<std::vector<Row>(std::int64_t after, int quantity)>& call,
               const std::string& when_empty) {
    constexpr int kMostInOneCall = 1000;
    constexpr std::size_t kBytesInOneCall = 4 * 1024 * 1024;
    ListWriter list = context.start_list(columns_of(fields));
    std::int64_t after = page.after.value_or(0);
    int left = page.limit.value_or(100);
    int most = 200;
    bool more = false;
    for (bool last = false; !last;) {
        // One too many tells that there are more.
        const int quantity = std::min(most, left + 1);
        const auto rows = call(after, quantity);
        last = rows.size() < static_cast<std::size_t>(quantity);
        std::size_t bytes = 0;
        for (const Row& row : rows) {
            if (left == 0) {
                last = more = true;
                break;
            }
            auto values = values_of(fields, row);
            for (const auto& value : values) {
                bytes += value.text.size();
            }
            list.add(std::move(values));
            after = row.id;
            --left;
        }
        const std::size_t fit = kBytesInOneCall / (bytes / (rows.size() + 1) + 1);
        most = static_cast<int>(std::clamp<std::size_t>(fit, 1, kMostInOneCall));
    }
    context.finish_list(list, when_empty);
    if (more) {
        context.note("there are more: go on with --after " + std::to_string(after));
    }
}

void list_messages(Context& context, const std::string& queue, From from, const Page& page);
void show_message(Context& context, const std::string& queue, std::int64_t id, From from);
void count_messages(Context& context, const std::optional<std::string>& queue, From from);

}  // namespace pgqrs::cli
