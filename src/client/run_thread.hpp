// One of the threads of work_runs(): takes runs and executes their handlers.
#pragma once

#include <optional>
#include <string>

#include "raised.hpp"
#include "running_run.hpp"
#include "worker_loop.hpp"

namespace pgqrs {

class RunThread : public WorkerLoop {
public:
    RunThread(RunShared& shared, int number);

protected:
    bool take_and_process() override;
    bool has_taken() const override { return waited_for_.has_value(); }
    void wait_in_server() override;
    bool is_held_off() override;

private:
    // What the handler made of the run, if it came to its end.
    struct Outcome {
        std::optional<std::string> output = {};
        Raised raised = {};
    };

    std::optional<ClaimedRun> claim(Duration wait, const Stop* stop);
    void process(const Taken<ClaimedRun>& taken);
    Outcome execute(const RunHandler& handler, RunContext& context);
    void settle(RunContext& context, const Outcome& outcome);
    void succeed(const RunContext& context, const Outcome& outcome);
    void fail(const RunContext& context, const Raised& raised);
    void give_back(const RunContext& context, RunEvent::Kind kind, const std::string& reason,
                   const std::optional<Duration>& delay);
    bool finish(const RunContext& context, const std::function<void(RunCalls&)>& action,
                const std::string& error = {});

    RunShared& shared_;
    Duration lease_{};
    Duration claim_wait_;
    std::optional<Taken<ClaimedRun>> waited_for_;  // a wait ended with it
    bool early_ = false;                           // a wait ended with nothing
};

}  // namespace pgqrs
