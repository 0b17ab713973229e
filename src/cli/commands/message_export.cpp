// pgqrs message export: all messages of a queue, or of its archive, as lines of JSON.
#include <memory>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/sending/envelope.hpp"
#include "cli/failure.hpp"
#include "cli/output/progress.hpp"
#include "cli/terminal/terminal.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
namespace {

// Each page is a statement of its own, so that no snapshot is held for long.
constexpr int kPage = 1000;
constexpr std::size_t kChunk = 64 * 1024;

struct Options {
    std::string queue;
    bool archive = false;
    std::optional<std::int64_t> after;
};

template <typename TableType>
void write_all(Context& context, const Options& options) {
    using Row = typename TableType::Row;
    TableType table(context.connection());
    Progress progress("exported",
                      !context.globals().quiet && !is_terminal(context.output().descriptor()));
    std::string chunk;
    std::int64_t last = options.after.value_or(0);
    std::int64_t count = 0;
    for (int got = kPage; got == kPage; count += got) {
        got = table.for_each(options.queue, last, kPage, [&](const Row& row) {
            if (context.stop().requested()) {
                throw Stopped();
            }
            last = row.id;
            chunk += envelope_of(row) + "\n";
            if (chunk.size() >= kChunk) {
                context.output().write(chunk);
                chunk.clear();
            }
        });
        progress.update(count + got, 0, std::nullopt);
    }
    context.output().write(chunk);
    context.log().info(std::to_string(count) + " messages exported from queue \"" + options.queue +
                       "\"");
}

void run(Context& context, const Options& options) {
    if (context.globals().format == Format::csv) {
        throw UsageError("message export writes JSON only");
    }
    if (options.archive) {
        write_all<Archive>(context, options);
    } else {
        write_all<Messages>(context, options);
    }
}

}  // namespace

void add_message_export(Command& group) {
    auto options = std::make_shared<Options>();
    Command command =
        group.add("export", "Write all messages of a queue as JSON, one a line, by id");
    command.queue(options->queue);
    command.flag("--archive", options->archive, "Those in its archive instead");
    command.id_option("--after", options->after, "Only ids greater than this one");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
