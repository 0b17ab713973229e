// The handlers of workflows, and what values are as JSON. The threads are in run_thread.cpp and worker_loop.cpp.
#include "pgqrs/client/workflow.hpp"

#include <deque>

#include <nlohmann/json.hpp>

#include "json_values.hpp"
#include "run_thread.hpp"

namespace pgqrs {

const char* to_string(ChildState state) {
    switch (state) {
        case ChildState::succeeded:
            return "succeeded";
        case ChildState::failed:
            return "failed";
        case ChildState::cancelled:
            return "cancelled";
        case ChildState::timed_out:
            return "timed_out";
        case ChildState::gone:
            return "gone";
        case ChildState::unknown:
            break;
    }
    return "unknown";
}

namespace detail {

std::string json_text_of(const nlohmann::json& value) { return json_text(value, "the value"); }

nlohmann::json json_of(const std::optional<std::string>& text, const std::string& subject) {
    try {
        return text ? nlohmann::json::parse(*text) : nlohmann::json();
    } catch (const nlohmann::json::exception& error) {
        refuse_value(subject, error.what());
    }
}

void refuse_value(const std::string& subject, const char* reason) {
    throw InvalidArgument(
        Error::Parts{"PQ005", subject + " is of another shape than expected", reason});
}

}  // namespace detail

nlohmann::json Run::headers() const {
    return delivery().headers ? nlohmann::json::parse(*delivery().headers)
                              : nlohmann::json::object();
}

WorkflowSet& WorkflowSet::on_run(const std::string& workflow, RunHandler handler,
                                 const std::vector<std::string>& versions) {
    if (!handler) {
        throw InvalidArgument(Error::Parts{"PQ010", "no handler given"});
    }
    Handlers& known = handlers_[workflow];
    const auto refuse = [&](const std::string& what) {
        throw InvalidArgument(Error::Parts{
            "PQ010", "workflow \"" + workflow + "\" has a handler for " + what + " already"});
    };
    if (versions.empty()) {
        if (known.otherwise) {
            refuse("all versions");
        }
        known.otherwise = std::move(handler);
        return *this;
    }
    for (const auto& version : versions) {
        if (!known.by_version.emplace(version, handler).second) {
            refuse("version \"" + version + "\"");
        }
    }
    return *this;
}

const RunHandler* WorkflowSet::find(const std::string& workflow,
                                    const std::optional<std::string>& version) const {
    const auto known = handlers_.find(workflow);
    if (known == handlers_.end()) {
        return nullptr;
    }
    const auto& by_version = known->second.by_version;
    if (const auto found = by_version.find(version.value_or("")); found != by_version.end()) {
        return &found->second;
    }
    return known->second.otherwise ? &known->second.otherwise : nullptr;
}

RunSummary work_runs(const Config& config, const std::string& queue, const WorkflowSet& flows,
                     const WorkRunsOptions& options, Stop& stop) {
    if (flows.empty()) {
        throw InvalidArgument(Error::Parts{"PQ010", "no handler given"});
    }
    if (options.parallel_steps < 1) {
        throw InvalidArgument(Error::Parts{"PQ010", "parallel_steps must be at least 1: " +
                                                        std::to_string(options.parallel_steps)});
    }
    RunShared shared(config, queue, flows, options);
    std::deque<RunThread> workers;
    std::vector<WorkerLoop*> loops;
    for (int number = 1; number <= options.concurrency; ++number) {
        loops.push_back(&workers.emplace_back(shared, number));
    }
    run_loops(shared, loops, stop);
    return shared.summary;
}

RunSummary work_runs(const Config& config, const std::string& queue, const WorkflowSet& flows,
                     const WorkRunsOptions& options) {
    Stop never;
    return work_runs(config, queue, flows, options, never);
}

}  // namespace pgqrs
