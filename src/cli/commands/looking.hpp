// Looking at messages, archived or not: what the commands of `message` and of `archive` share.
#pragma once

#include <cstdint>
#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
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

// As many rows as the page is to have, and one more if there are more, in calls that the server allows.
template <typename Row>
std::vector<Row> fetch(
    const Page& page,
    const std::function<std::vector<Row>(std::int64_t after, int quantity)>& call) {
    constexpr int kInOneCall = 1000;
    const auto wanted = static_cast<std::size_t>(page.limit.value_or(100)) + 1;
    std::vector<Row> rows;
    std::int64_t after = page.after.value_or(0);
    while (rows.size() < wanted) {
        const int quantity =
            static_cast<int>(std::min<std::size_t>(wanted - rows.size(), kInOneCall));
        auto more = call(after, quantity);
        if (more.empty()) {
            break;
        }
        after = more.back().id;
        const bool last = more.size() < static_cast<std::size_t>(quantity);
        std::move(more.begin(), more.end(), std::back_inserter(rows));
        if (last) {
            break;
        }
    }
    return rows;
}

// Shows the rows of fetch(), and says on stderr how to go on when one too many is there.
template <typename Row>
void show_page(Context& context, const Page& page, const std::vector<Field<Row>>& fields,
               std::vector<Row> rows, const std::string& when_empty) {
    const bool more = rows.size() > static_cast<std::size_t>(page.limit.value_or(100));
    if (more) {
        rows.pop_back();
    }
    context.show_list(table_of(fields, rows), when_empty);
    if (more) {
        context.note("there are more: go on with --after " + std::to_string(rows.back().id));
    }
}

void list_messages(Context& context, const std::string& queue, From from, const Page& page);
void show_message(Context& context, const std::string& queue, std::int64_t id, From from);
void count_messages(Context& context, const std::optional<std::string>& queue, From from);

}  // namespace pgqrs::cli
