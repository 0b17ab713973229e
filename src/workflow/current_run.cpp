#include "workflow/current_run.hpp"

#include "core/error.hpp"
#include "pg/report.hpp"

namespace pgqrs::workflow {
namespace {

constinit CurrentRun* executed = nullptr;

}  // namespace

core::StepKey CurrentRun::next_use(std::string_view name) {
    core::step_key(name, 0);
    const auto found = uses.try_emplace(std::string(name), 0).first;
    return {name, found->second++};
}

CurrentRun* current_run_if_any() { return executed; }

CurrentRun& current_run() {
    if (executed == nullptr) {
        throw core::Error(core::SqlState::run_not_found, "this session executes no run", "",
                          "The procedure is for handlers of workflows, which the server calls.");
    }
    if (executed->has_left) {
        leave_procedure(*executed);
    }
    return *executed;
}

void leave_procedure(CurrentRun& run) {
    run.has_left = true;
    pg::raise_cancel("this delivery of run " + std::to_string(run.id) + " has ended",
                     "The procedure is called again when the run goes on.");
}

Execution::Execution(CurrentRun& run) { executed = &run; }
Execution::~Execution() { executed = nullptr; }

}  // namespace pgqrs::workflow
