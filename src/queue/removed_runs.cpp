#include "queue/removed_runs.hpp"

namespace pgqrs::queue {
namespace {

constinit EndRuns end_runs = nullptr;
constinit RetryRun retry_run = nullptr;

}  // namespace

void set_end_of_removed_runs(EndRuns end) { end_runs = end; }

EndRuns end_of_removed_runs() { return end_runs; }

void set_retry_of_failed_runs(RetryRun retry) { retry_run = retry; }

RetryRun retry_of_failed_runs() { return retry_run; }

}  // namespace pgqrs::queue
