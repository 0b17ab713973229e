// The run that this process executes by calling the procedure of its workflow.
//
// A run that waits, is given back or was lost leaves its procedure by an error with SQLSTATE 57014, which a
// handler for OTHERS does not catch. Should the procedure catch it all the same, each further call of ours
// raises it again, and what the procedure returns does not count.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/run.hpp"
#include "pg/compat.hpp"

namespace pgqrs::workflow {

struct CurrentRun {
    std::int64_t id;
    std::int32_t read_ct;
    bool has_left = false;     // its delivery has ended, or was lost
    bool step_failed = false;  // another attempt of the run would meet the same failure
    // So often each name was used in this delivery.
    std::map<std::string, std::int32_t, std::less<>> uses = {};

    // The key of the next use of the name, which must live as long as the key. Raises PQ010 for a name that
    // cannot be one.
    core::StepKey next_use(std::string_view name);
};

// Null when this process executes none.
CurrentRun* current_run_if_any();

// Raises PQ017 when this process executes none, and the error again with which one left its procedure.
CurrentRun& current_run();

// Ends the procedure of the run, whose delivery has ended.
[[noreturn]] void leave_procedure(CurrentRun& run);

// While it lives, the process executes the run.
class Execution {
public:
    explicit Execution(CurrentRun& run);
    ~Execution();
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;
};

}  // namespace pgqrs::workflow
