// What grant_queue() can give a role on a queue, and what each SQL function asks for.
//
// The table of functions is the only place that says so. The functions look their own entry up while they
// are compiled, and grant_queue() reads in it which functions the role must be allowed to execute.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgqrs::core {

// A set of privileges.
enum class Rights : std::uint8_t {
    none = 0,
    produce = 1,
    consume = 2,
    manage = 4,
    monitor = 8,
    any = produce | consume | manage | monitor,
};

constexpr Rights operator|(Rights a, Rights b) {
    return static_cast<Rights>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

constexpr bool overlap(Rights a, Rights b) {
    return (static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b)) != 0;
}

struct Privilege {
    Rights right;
    std::string_view name;
};

// In the order in which an error suggests them.
inline constexpr std::array kPrivileges = {
    Privilege{Rights::produce, "produce"}, Privilege{Rights::consume, "consume"},
    Privilege{Rights::monitor, "monitor"}, Privilege{Rights::manage, "manage"}};

struct FunctionRights {
    std::string_view function;
    // Each of them is enough.
    Rights rights;
};

inline constexpr auto kWatch = Rights::manage | Rights::monitor;

inline constexpr std::array kFunctionRights = {
    FunctionRights{"enqueue", Rights::produce},
    FunctionRights{"enqueue_at", Rights::produce},
    FunctionRights{"enqueue_batch", Rights::produce},
    FunctionRights{"enqueue_job", Rights::produce},
    FunctionRights{"dequeue", Rights::consume},
    FunctionRights{"dequeue_batch", Rights::consume},
    FunctionRights{"wait", Rights::consume},
    FunctionRights{"pop", Rights::consume},
    FunctionRights{"peek", Rights::consume | Rights::manage},
    FunctionRights{"archive", Rights::consume},
    FunctionRights{"delete", Rights::consume},
    FunctionRights{"release", Rights::consume},
    FunctionRights{"extend_visibility", Rights::consume},
    FunctionRights{"extend_batch", Rights::consume},
    FunctionRights{"archive_batch", Rights::consume},
    FunctionRights{"delete_batch", Rights::consume},
    FunctionRights{"release_batch", Rights::consume},
    FunctionRights{"next", Rights::consume},
    FunctionRights{"fail", Rights::consume},
    FunctionRights{"fail_batch", Rights::consume},
    FunctionRights{"cancel", Rights::manage},
    FunctionRights{"register_worker", Rights::consume},
    FunctionRights{"heartbeat", Rights::consume},
    FunctionRights{"suspend_worker", Rights::consume | Rights::manage},
    FunctionRights{"resume_worker", Rights::consume | Rights::manage},
    FunctionRights{"stop_worker", Rights::consume | Rights::manage},
    FunctionRights{"release_worker_messages", Rights::consume | Rights::manage},
    FunctionRights{"delete_worker", Rights::consume | Rights::manage},
    FunctionRights{"purge_workers", Rights::consume | Rights::manage},
    FunctionRights{"get_worker", Rights::consume | kWatch},
    FunctionRights{"list_workers", Rights::consume | kWatch},
    FunctionRights{"count_workers", Rights::consume | kWatch},
    FunctionRights{"worker_health", Rights::consume | kWatch},
    FunctionRights{"worker_metrics", Rights::consume | kWatch},
    FunctionRights{"get_message", Rights::manage},
    FunctionRights{"list_messages", Rights::manage},
    FunctionRights{"get_archived", Rights::manage},
    FunctionRights{"list_archive", Rights::manage},
    FunctionRights{"list_failures", Rights::manage},
    FunctionRights{"list_dead", Rights::manage},
    FunctionRights{"redrive", Rights::manage},
    FunctionRights{"discard", Rights::manage},
    FunctionRights{"count_messages", kWatch},
    FunctionRights{"count_archive", kWatch},
    FunctionRights{"queue_metrics", kWatch},
    FunctionRights{"all_queues_metrics", kWatch},
    FunctionRights{"get_queue", Rights::any},
    FunctionRights{"get_queue_by_id", Rights::any},
    FunctionRights{"list_queues", Rights::any},
    FunctionRights{"count_queues", Rights::any},
    FunctionRights{"alter_queue", Rights::manage},
    FunctionRights{"drop_queue", Rights::manage},
    FunctionRights{"purge_queue", Rights::manage},
    FunctionRights{"purge_archive", Rights::manage},
    FunctionRights{"purge", Rights::manage},
    FunctionRights{"set_retention", Rights::manage},
    FunctionRights{"list_retention", kWatch},
    FunctionRights{"pause_queue", Rights::manage},
    FunctionRights{"resume_queue", Rights::manage},
    FunctionRights{"alter_workflow", Rights::manage},
    FunctionRights{"drop_workflow", Rights::manage},
    FunctionRights{"get_workflow", Rights::any},
    FunctionRights{"list_workflows", Rights::any},
    FunctionRights{"start_workflow", Rights::produce},
    FunctionRights{"start_workflows", Rights::produce},
    FunctionRights{"claim_runs", Rights::consume},
    FunctionRights{"get_step", Rights::consume | Rights::manage},
    FunctionRights{"complete_step", Rights::consume},
    FunctionRights{"begin_step", Rights::consume},
    FunctionRights{"fail_step", Rights::consume},
    FunctionRights{"sleep", Rights::consume},
    FunctionRights{"wait_signal", Rights::consume},
    FunctionRights{"wait_event", Rights::consume},
    FunctionRights{"set_value", Rights::consume},
    FunctionRights{"get_value", Rights::consume | Rights::manage},
    FunctionRights{"signal_run", Rights::produce},
    FunctionRights{"emit_event", Rights::produce},
    FunctionRights{"complete_run", Rights::consume},
    FunctionRights{"fail_run", Rights::consume},
    FunctionRights{"release_run", Rights::consume},
    FunctionRights{"start_child", Rights::consume},
    FunctionRights{"start_children", Rights::consume},
    FunctionRights{"wait_runs", Rights::consume},
    FunctionRights{"continue_as_new", Rights::consume},
    FunctionRights{"current_run", Rights::any},
    FunctionRights{"current_read_ct", Rights::any},
    FunctionRights{"step", Rights::consume},
    FunctionRights{"sleep_step", Rights::consume},
    FunctionRights{"wait_signal_step", Rights::consume},
    FunctionRights{"wait_event_step", Rights::consume},
    FunctionRights{"wait_runs_step", Rights::consume},
    FunctionRights{"start_child_step", Rights::consume},
    FunctionRights{"start_children_step", Rights::consume},
    FunctionRights{"continue_as_new_step", Rights::consume},
    FunctionRights{"run_workflows", Rights::consume},
    FunctionRights{"cancel_run", Rights::manage},
    FunctionRights{"pause_run", Rights::manage},
    FunctionRights{"resume_run", Rights::manage},
    FunctionRights{"retry_run", Rights::manage},
    FunctionRights{"fork_run", Rights::manage},
    FunctionRights{"decide_step", Rights::manage},
    FunctionRights{"purge_runs", Rights::manage},
    FunctionRights{"get_run", Rights::produce | Rights::consume | Rights::manage},
    FunctionRights{"await_run", Rights::produce | Rights::consume | Rights::manage},
    FunctionRights{"wait_run", Rights::produce | Rights::consume | Rights::manage},
    FunctionRights{"list_runs", Rights::consume | kWatch},
    FunctionRights{"list_steps", Rights::consume | Rights::manage},
    FunctionRights{"run_timeline", Rights::consume | Rights::manage},
    FunctionRights{"stuck_runs", Rights::consume | kWatch},
    FunctionRights{"workflow_metrics", Rights::consume | kWatch},
    FunctionRights{"list_grants", Rights::manage},
    FunctionRights{"verify", kWatch},
    FunctionRights{"version", Rights::any},
};

// Does not compile for a function that the table does not have.
consteval Rights rights_for(std::string_view function) {
    for (const FunctionRights& each : kFunctionRights) {
        if (each.function == function) {
            return each.rights;
        }
    }
    throw "no such function";
}

// The privilege of that name; raises invalid_argument when there is none.
Rights right_named(std::string_view name);

// The same for a name that may be wrong: none.
Rights right_or_none(std::string_view name);

// The first privilege of the set; "" for none.
std::string_view first_name(Rights rights);

}  // namespace pgqrs::core
