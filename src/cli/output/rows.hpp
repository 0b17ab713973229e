// The rows of the client library as fields with a key: how commands show them. doc/cli.md describes the same.
#pragma once

#include <vector>

#include "cli/output/table.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs::cli {

const std::vector<Field<Queue>>& queue_fields();
const std::vector<Field<Message>>& message_fields();
const std::vector<Field<ArchivedMessage>>& archived_fields();
const std::vector<Field<Worker>>& worker_fields();
const std::vector<Field<Metrics>>& metrics_fields();
const std::vector<Field<Fault>>& fault_fields();

}  // namespace pgqrs::cli
