// Runs of workflows: the words for them, which are the labels of SQL types, and the checks of what a caller
// gives.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pgqrs::core {

// The labels of pgqrs.run_reason, in its order.
enum class RunReason { start, retry, timer, signal, event, children, pause, no_handler };
inline constexpr std::array<const char*, 8> kRunReasons = {
    "start", "retry", "timer", "signal", "event", "children", "pause", "no_handler"};

// The final states of pgqrs.run_state.
enum class Final { succeeded, failed, cancelled, timed_out };
inline constexpr std::array<const char*, 4> kFinals = {"succeeded", "failed", "cancelled",
                                                       "timed_out"};

// The labels of pgqrs.step_kind, in its order.
enum class StepKind { step, sleep, signal, event, children, child };
inline constexpr std::array<const char*, 6> kStepKinds = {"step",  "sleep",    "signal",
                                                          "event", "children", "child"};

// The labels of pgqrs.step_status, in its order.
enum class StepStatus { started, in_doubt, succeeded, failed, timed_out, overridden };
inline constexpr std::array<const char*, 6> kStepStatuses = {"started", "in_doubt",  "succeeded",
                                                             "failed",  "timed_out", "overridden"};

template <class Enum, std::size_t count>
constexpr const char* label_in(const std::array<const char*, count>& labels, Enum value) {
    return labels[static_cast<std::size_t>(value)];
}
constexpr const char* label_of(RunReason reason) { return label_in(kRunReasons, reason); }
constexpr const char* label_of(Final final) { return label_in(kFinals, final); }
constexpr const char* label_of(StepKind kind) { return label_in(kStepKinds, kind); }
constexpr const char* label_of(StepStatus status) { return label_in(kStepStatuses, status); }

// Each raises logic_error for a label that the type has not.
StepKind step_kind(std::string_view label);
StepStatus step_status(std::string_view label);
Final final_state(std::string_view label);

// Whether a step in this status has come to its end.
constexpr bool is_recorded(StepStatus status) {
    return status != StepStatus::started && status != StepStatus::in_doubt;
}

// What identifies a step of a run.
struct StepKey {
    std::string_view name;
    std::int32_t seq;
};

inline constexpr std::size_t kMaxLabelBytes = 255;

// Raises invalid_argument unless the text has 1 to 255 bytes. `argument` names it.
void check_label(std::string_view text, std::string_view argument);
// The same for the name of a step and its seq, which is 0 or more.
StepKey step_key(std::string_view name, std::int64_t seq);

// How long an idempotency key counts.
enum class KeyScope { active, period, forever };
KeyScope key_scope(std::string_view name);
// What a start does that meets a run with its key.
enum class OnConflict { return_run, raise, retry_failed };
OnConflict on_conflict(std::string_view name);
// Why a worker gives a run back: start, retry or no_handler.
RunReason release_reason(std::string_view name);
// What complete_step() does with a step that was recorded before: true for raise.
bool raises_when_recorded(std::string_view name);
// What becomes of children when their parent has ended: true for cancel.
bool cancels_with_parent(std::string_view name);
// What a step that the server executes does when it has failed for good: true for return.
bool returns_error(std::string_view name);
// Whether a wait for runs ends with the first of them: true for any.
bool joins_any(std::string_view name);

}  // namespace pgqrs::core
