// The background workers that execute runs of workflows (workflow/runner.hpp). The launcher (maintenance.hpp)
// starts them when they are wanted (engine/runner_pool.hpp), up to pgqrs.workflow_runners in a database.
//
//   started --- connects as the owner of the workflows -----> COMES to its post
//                                                               |
//   +----------------------> LOOKS into each of his queues, and executes a run of each <-----------+
//   |                           |                                                                   |
//   |  there was a run          +--- there was none ---> SLEEPS until one is wanted, or it is time -+
//   +---------------------------+                           |
//                                                           +--- for two seconds in vain ---> LEAVES its post
//
// It is connected as the owner, so a procedure cannot get more rights than his. It holds its runs as a worker that
// is bound to its session: a lease ends with the process. Whatever ends the process, it gives its run back first,
// unless the server crashes. While another owner waits for a post, it leaves after a second.
#pragma once

#include "pg/background_worker.hpp"

namespace pgqrs::bgw {

// The launcher's side of it.
class RunnerStarter {
public:
    // Starts those that are due. Answers when to come back, by elapsed_clock(): INT64_MAX for not before the latch
    // is set.
    core::Duration start_due();

private:
    struct Running {
        int post;
        BackgroundWorkerHandle* handle;
    };
    void look_after_ended();

    std::vector<Running> running_;
};

}  // namespace pgqrs::bgw
