// pgqrs message count, show, list: look at messages without taking them.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"

namespace pgqrs::cli {
namespace {

From place(bool archive) { return archive ? From::archive : From::messages; }

void add_count(Command& group) {
    struct Options {
        std::optional<std::string> queue;
        bool archive = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("count", "Count messages, of one queue or of all");
    command.queue(options->queue);
    command.flag("--archive", options->archive, "Look into the archive");
    command.runs([options](Context& context) {
        count_messages(context, options->queue, place(options->archive));
    });
}

void add_show(Command& group) {
    struct Options {
        std::string queue;
        std::int64_t id = 0;
        bool archive = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("show", "Show one message");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message");
    command.flag("--archive", options->archive, "Look into the archive");
    command.runs([options](Context& context) {
        show_message(context, options->queue, options->id, place(options->archive));
    });
}

void add_list(Command& group) {
    struct Options {
        std::string queue;
        Page page;
        bool archive = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List messages of a queue by id");
    command.queue(options->queue);
    add_page(command, options->page);
    command.flag("--archive", options->archive, "Look into the archive");
    command.runs([options](Context& context) {
        list_messages(context, options->queue, place(options->archive), options->page);
    });
}

}  // namespace

void add_message_looking(Command& group) {
    add_count(group);
    add_show(group);
    add_list(group);
}

}  // namespace pgqrs::cli
