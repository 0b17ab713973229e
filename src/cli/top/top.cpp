// pgqrs top: a live screen of all queues, or a table where there is no terminal.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/terminal/interrupts.hpp"
#include "cli/terminal/terminal.hpp"
#include "cli/top/live.hpp"

namespace pgqrs::cli {
namespace {

constexpr Duration kLongestConnect = std::chrono::seconds(10);

struct Options {
    std::optional<Duration> interval;
    std::optional<std::string> sort;
    bool once = false;
};

bool has_screen(Context& context) {
    const char* term = std::getenv("TERM");
    return context.globals().format == Format::table &&
           is_terminal(context.output().descriptor()) && term && std::string(term) != "dumb";
}

void show_once(Context& context, Connection& connection, TopOrder order, Duration interval) {
    TopSampler sampler;
    sampler.sample(connection);
    if (context.stop().wait_for(interval)) {
        throw Stopped();
    }
    auto rows = sampler.sample(connection);
    sort_rows(rows, order);
    context.show_list(table_of_top(rows), "no queues");
}

void run(Context& context, const Options& options) {
    TopView view;
    view.interval = options.interval.value_or(std::chrono::seconds(2));
    const TopOrder order = top_order_of(options.sort.value_or("pending"));
    if (view.interval < std::chrono::milliseconds(100)) {
        throw UsageError("--interval must be at least 100ms");
    }
    Stop again;  // a second signal means the same
    const Interrupts interrupts(context.stop(), again);
    Config config = context.config();
    config.connection_timeout = std::min(config.connection_timeout, kLongestConnect);
    Connection connection = context.connect(config);
    connection.stop_with(&context.stop());
    view.order = order;
    view.colour = context.style().colour;
    if (options.once || !has_screen(context)) {
        show_once(context, connection, order, view.interval);
        return;
    }
    TopLive(connection, std::move(view), context.stop()).run();
}

}  // namespace

void add_top(Command& root) {
    auto options = std::make_shared<Options>();
    Command command = root.add("top", "Watch all queues: how full, and how fast");
    command.option("--interval", options->interval, "Between two looks [2s]");
    command.choice("--sort", options->sort, top_order_names(), "Greatest first [pending]");
    command.flag("--once", options->once, "Print one table and end, as without a terminal");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
