#include "queue/removed_runs.hpp"

namespace pgqrs::queue {
namespace {

constinit EndRuns end_runs = nullptr;

}  // namespace

void set_end_of_removed_runs(EndRuns end) { end_runs = end; }

EndRuns end_of_removed_runs() { return end_runs; }

}  // namespace pgqrs::queue
