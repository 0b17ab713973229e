// Names of queues and workers: what is allowed, and the error that says why one is not.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgqrs::core {

inline constexpr std::size_t kMaxNameBytes = 63;

// Raises invalid_name unless the queue name is 1 to 63 bytes of [A-Za-z0-9_.-].
void check_queue_name(std::string_view name);
// The same for the name of a workflow.
void check_workflow_name(std::string_view name);

// Raises invalid_name unless the worker name is 1 to 63 bytes.
void check_worker_name(std::string_view name);

// Raises invalid_name when the name of the channel for NOTIFY would be longer than PostgreSQL allows.
inline constexpr std::size_t kMaxNotifyNameBytes = 57;
void check_notify_name(std::string_view queue);

}  // namespace pgqrs::core
