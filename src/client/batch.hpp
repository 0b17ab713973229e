// The statements that put many messages into a queue.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgqrs/client/producer.hpp"

namespace pgqrs {

// One statement for each `size` messages; each answers with a row for each message, its id, in their order.
std::vector<Statement> batch_statements(const std::string& queue,
                                        const std::vector<NewMessage>& messages,
                                        const EnqueueOptions& options, std::size_t size);

}  // namespace pgqrs
