// pgqrs archive list: archived messages of a queue, page by page.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    Page page;
};

}  // namespace

void add_archive_list(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List archived messages of a queue by id");
    command.queue(options->queue);
    add_page(command, options->page);
    command.runs([options](Context& context) {
        list_messages(context, options->queue, From::archive, options->page);
    });
}

}  // namespace pgqrs::cli
