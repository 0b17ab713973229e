// Options of queues; see queue_options.hpp.
#include "cli/queue_options.hpp"

#include <climits>

namespace pgqrs::cli {

void add_queue_settings(Command& command, QueueOptions& target, int least_deliveries) {
    const bool alter = least_deliveries == 0;
    command.option("--visibility-timeout", target.visibility_timeout,
                   std::string("How long a delivered message belongs to its consumer") +
                       (alter ? "" : " [30s]"));
    command.number("--max-deliveries", target.max_deliveries, least_deliveries, INT_MAX - 1,
                   std::string("How often a message is delivered at most") +
                       (alter ? "; 0: no limit" : " [no limit]"));
    command.option("--description", target.description, "A text for people");
    if (alter) {
        command.option("--notify", target.notify, "Whether new messages cause a NOTIFY");
    } else {
        command.set_flag("--notify", target.notify, "New messages cause a NOTIFY");
    }
}

}  // namespace pgqrs::cli
