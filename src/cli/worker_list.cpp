// pgqrs worker list: registered workers.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::optional<std::string> queue;
    Page page;
};

void run(Context& context, const Options& options) {
    Workers workers(context.connection());
    auto rows = fetch<Worker>(options.page, [&](std::int64_t after, int quantity) {
        return options.queue ? workers.filter_by_queue(*options.queue, after, quantity)
                             : workers.list(after, quantity);
    });
    show_page(context, options.page, worker_fields(), std::move(rows), "no workers");
}

}  // namespace

void add_worker_list(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List workers, of one queue or of all");
    command.queue(options->queue);
    add_page(command, options->page);
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
