// Looking at messages.
#include "cli/commands/looking.hpp"

#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
namespace {

template <typename TableType>
void list(Context& context, const std::string& queue, const Page& page,
          const std::vector<Field<typename TableType::Row>>& fields) {
    using Row = typename TableType::Row;
    TableType table(context.connection());
    show_page<Row>(
        context, page, fields,
        [&](std::int64_t after, int quantity) {
            return table.filter_by_queue(queue, after, quantity);
        },
        "no messages");
}

template <typename TableType>
bool show(Context& context, const std::string& queue, std::int64_t id,
          const std::vector<Field<typename TableType::Row>>& fields) {
    const auto row = TableType(context.connection()).get(id);
    if (!row || row->queue != queue) {
        return false;
    }
    context.show_one(table_of<typename TableType::Row>(fields, {*row}));
    return true;
}

template <typename TableType>
bool has(Context& context, const std::string& queue, std::int64_t id) {
    const auto row = TableType(context.connection()).get(id);
    return row && row->queue == queue;
}

}  // namespace

void add_page(Command& command, Page& page) {
    command.number("--limit", page.limit, 1, 1'000'000, "Rows to show at most [100]");
    command.id_option("--after", page.after, "Only ids greater than this one");
}

void list_messages(Context& context, const std::string& queue, From from, const Page& page) {
    if (from == From::archive) {
        list<Archive>(context, queue, page, archived_fields());
    } else {
        list<Messages>(context, queue, page, message_fields());
    }
}

void show_message(Context& context, const std::string& queue, std::int64_t id, From from) {
    const bool archive = from == From::archive;
    if (archive ? show<Archive>(context, queue, id, archived_fields())
                : show<Messages>(context, queue, id, message_fields())) {
        return;
    }
    Admin(context.connection()).get_queue(queue);  // raises when there is no such queue
    const bool elsewhere =
        archive ? has<Messages>(context, queue, id) : has<Archive>(context, queue, id);
    throw Failure(Exit::not_found,
                  std::string(archive ? "the archive of " : "") + "queue \"" + queue +
                      "\" has no message " + std::to_string(id),
                  !elsewhere ? ""
                  : archive  ? "It is not archived: see \"pgqrs message show\"."
                             : "It is in the archive: see \"pgqrs archive show\".");
}

void count_messages(Context& context, const std::optional<std::string>& queue, From from) {
    const auto count = [&](auto table) {
        return queue ? table.count_by_queue(*queue) : table.count();
    };
    const std::int64_t number = from == From::archive ? count(Archive(context.connection()))
                                                      : count(Messages(context.connection()));
    context.show_number(
        record_of({{"queue", optional_value(queue, text_value)}, {"count", number_value(number)}}),
        number);
}

}  // namespace pgqrs::cli
