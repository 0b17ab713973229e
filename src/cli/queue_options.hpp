// Options that `queue create` and `queue alter` share.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {

// Adds --visibility-timeout, --max-deliveries, --description and --notify. `least_deliveries`: alter takes 0, too.
void add_queue_settings(Command& command, QueueOptions& target, int least_deliveries);

}  // namespace pgqrs::cli
