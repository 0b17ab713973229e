// pgqrs message list: messages of a queue, page by page.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    Page page;
    bool archive = false;
};

}  // namespace

void add_message_list(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List messages of a queue by id");
    command.queue(options->queue);
    add_page(command, options->page);
    command.flag("--archive", options->archive, "Look into the archive");
    command.runs([options](Context& context) {
        list_messages(context, options->queue, options->archive ? From::archive : From::messages,
                      options->page);
    });
}

}  // namespace pgqrs::cli
