// pgqrs message release: gives messages back, to be delivered again.
#include <memory>

#include "cli/commands.hpp"
#include "cli/finishing.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    Finish what;
    std::optional<Duration> delay;
};

}  // namespace

void add_message_release(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("release", "Give messages back, to be delivered again");
    add_finish(command, options->what);
    command.option("--delay", options->delay, "Deliver them this much later at the earliest [0]");
    command.runs([options](Context& context) {
        const auto& what = options->what;
        const Duration delay = options->delay.value_or(Duration());
        finish(
            context, what, "released",
            [&](Consumer& consumer) {
                return consumer.release(what.ids.front(), delay, what.read_ct);
            },
            [&](Consumer& consumer) { return consumer.release_batch(what.ids, delay); });
    });
}

}  // namespace pgqrs::cli
