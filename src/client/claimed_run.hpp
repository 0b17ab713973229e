// A run as claim_runs() delivers it: with the steps that it has recorded.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "pgqrs/client/workflow.hpp"

namespace pgqrs {

struct RecordedStep {
    std::string kind = {};
    std::string status = {};
    std::optional<std::string> output = {};  // JSON text
    std::string error = {};
    int attempt = 0;
    std::optional<std::chrono::steady_clock::time_point> due = {};  // of another attempt
    std::optional<std::int64_t> child = {};

    bool succeeded() const { return status == "succeeded" || status == "overridden"; }
    bool is_recorded() const { return succeeded() || status == "failed" || status == "timed_out"; }
};

using StepKey = std::pair<std::string, std::int64_t>;

struct ClaimedRun {
    RunDelivery delivery;
    std::map<StepKey, RecordedStep> steps;
    bool steps_complete = true;
};

}  // namespace pgqrs
