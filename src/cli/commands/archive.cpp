// pgqrs archive ...: looks at archived messages and deletes old ones.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

void add_list(Command& group) {
    struct Options {
        std::string queue;
        Page page;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List archived messages of a queue by id");
    command.queue(options->queue);
    add_page(command, options->page);
    command.runs([options](Context& context) {
        list_messages(context, options->queue, From::archive, options->page);
    });
}

void add_count(Command& group) {
    auto queue = std::make_shared<std::optional<std::string>>();
    Command command = group.add("count", "Count archived messages, of one queue or of all");
    command.queue(*queue);
    command.runs([queue](Context& context) { count_messages(context, *queue, From::archive); });
}

void add_show(Command& group) {
    struct Options {
        std::string queue;
        std::int64_t id = 0;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("show", "Show one archived message");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message");
    command.runs([options](Context& context) {
        show_message(context, options->queue, options->id, From::archive);
    });
}

void add_purge(Command& group) {
    struct Options {
        std::string queue;
        std::optional<Duration> older_than;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("purge", "Delete old archived messages of a queue");
    command.queue(options->queue);
    command.option("--older-than", options->older_than,
                   "Those archived longer ago than this; 0 deletes all");
    command.require("--older-than");
    command.runs([options](Context& context) {
        const auto& queue = options->queue;
        const auto deleted =
            Admin(context.connection()).purge_archive(queue, options->older_than.value());
        context.show_done(
            record_of({{"queue", text_value(queue)}, {"deleted", number_value(deleted)}}),
            number_of(deleted, "archived message") + " deleted from queue \"" + queue + "\"",
            std::to_string(deleted));
    });
}

}  // namespace

void add_archive_commands(Command& root) {
    Command group = root.add("archive", "Archived messages: look at, purge");
    add_list(group);
    add_count(group);
    add_show(group);
    add_purge(group);
}

}  // namespace pgqrs::cli
