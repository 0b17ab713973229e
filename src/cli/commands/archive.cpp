// pgqrs archive ...: looks at archived messages, sends them again, and deletes old ones.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/producer.hpp"
#include "pgqrs/client/tables.hpp"

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
            Admin(context.connection())
                .purge(queue, {.archive = true, .older_than = options->older_than.value()});
        context.show_done(
            record_of({{"queue", text_value(queue)}, {"deleted", number_value(deleted)}}),
            number_of(deleted, "archived message") + " deleted from queue \"" + queue + "\"",
            std::to_string(deleted));
    });
}

struct Replay {
    std::string queue;
    std::vector<std::int64_t> ids;
};

// New messages with the payload, headers and priority of archived ones, which stay in the archive. All or none.
void replay(Context& context, const Replay& what) {
    Archive archive(context.connection());
    std::vector<NewMessage> messages;
    std::string missing;
    for (const auto id : what.ids) {
        const auto row = archive.get(id);
        if (!row || row->queue != what.queue) {
            missing += (missing.empty() ? "" : ", ") + std::to_string(id);
            continue;
        }
        messages.push_back({row->payload, row->headers, row->priority});
    }
    if (!missing.empty()) {
        Admin(context.connection()).get_queue(what.queue);  // raises when there is no such queue
        throw Failure(Exit::not_found,
                      "the archive of queue \"" + what.queue + "\" has no message " + missing,
                      what.ids.size() == 1 ? "" : "No message was sent again.");
    }
    const auto ids = Producer(context.connection(), what.queue).batch_enqueue(messages);
    if (context.globals().format == Format::table) {
        for (std::size_t at = 0; at < ids.size(); ++at) {
            const std::string id = std::to_string(ids[at]);
            context.output().write(context.globals().quiet
                                       ? id + "\n"
                                       : "archived message " + std::to_string(what.ids[at]) +
                                             " sent again as message " + id + "\n");
        }
        return;
    }
    Table table{{{"archived_id"}, {"id"}}, {}};
    for (std::size_t at = 0; at < ids.size(); ++at) {
        table.rows.push_back({number_value(what.ids[at]), number_value(ids[at])});
    }
    context.show_list(std::move(table), "");
}

void add_replay(Command& group) {
    auto options = std::make_shared<Replay>();
    Command command = group.add("replay", "Send archived messages again, as new ones");
    command.queue(options->queue);
    command.ids(options->ids, "Ids of archived messages");
    command.runs([options](Context& context) { replay(context, *options); });
}

}  // namespace

void add_archive_commands(Command& root) {
    Command group = root.add("archive", "Archived messages: look at, send again, purge");
    add_list(group);
    add_count(group);
    add_show(group);
    add_replay(group);
    add_purge(group);
}

}  // namespace pgqrs::cli
