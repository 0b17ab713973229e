#include "core/run.hpp"

#include <stdexcept>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"

namespace pgqrs::core {
namespace {

// The value whose label it is; `count` for none.
template <std::size_t count>
std::size_t place_of(const std::array<const char*, count>& labels, std::string_view label) {
    std::size_t place = 0;
    while (place < count && label != labels[place]) {
        ++place;
    }
    return place;
}

template <class Enum, std::size_t count>
Enum value_of(const std::array<const char*, count>& labels, std::string_view label) {
    const std::size_t place = place_of(labels, label);
    if (place == count) {
        throw std::logic_error("no such label: " + std::string(label));
    }
    return static_cast<Enum>(place);
}

// A choice by its name; raises what there is to choose from.
template <class Enum, std::size_t count>
Enum choice_of(const std::array<const char*, count>& names, std::string_view name,
               std::string_view argument) {
    const std::size_t place = place_of(names, name);
    if (place == count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            all += (i == 0 ? "" : i + 1 == count ? " and " : ", ") + std::string(names[i]);
        }
        throw Error(SqlState::invalid_argument,
                    "unrecognized " + std::string(argument) + " \"" + std::string(name) + "\"", "",
                    "There are " + all + ".");
    }
    return static_cast<Enum>(place);
}

constexpr std::array<const char*, 3> kScopes = {"active", "period", "forever"};
constexpr std::array<const char*, 3> kConflicts = {"return", "error", "retry_failed"};
constexpr std::array<const char*, 3> kReleaseReasons = {"start", "retry", "no_handler"};
constexpr std::array<const char*, 2> kWhenRecorded = {"return", "raise"};
constexpr std::array<const char*, 2> kOnParentEnd = {"cancel", "abandon"};
constexpr std::array<const char*, 2> kOnError = {"raise", "return"};
constexpr std::array<const char*, 2> kJoinModes = {"all", "any"};

}  // namespace

StepKind step_kind(std::string_view label) { return value_of<StepKind>(kStepKinds, label); }

StepStatus step_status(std::string_view label) {
    return value_of<StepStatus>(kStepStatuses, label);
}

Final final_state(std::string_view label) { return value_of<Final>(kFinals, label); }

void check_label(std::string_view text, std::string_view argument) {
    if (text.empty() || text.size() > kMaxLabelBytes) {
        throw Error(SqlState::invalid_argument,
                    std::string(argument) + " must have 1 to " + std::to_string(kMaxLabelBytes) +
                        " bytes, and has " + std::to_string(text.size()));
    }
}

StepKey step_key(std::string_view name, std::int64_t seq) {
    check_label(name, "name");
    if (seq < 0) {
        throw Error(SqlState::invalid_argument,
                    "seq must be 0 or more, and is " + std::to_string(seq));
    }
    return {name, integer_of(seq, "seq")};
}

KeyScope key_scope(std::string_view name) {
    return choice_of<KeyScope>(kScopes, name, "key_scope");
}

OnConflict on_conflict(std::string_view name) {
    return choice_of<OnConflict>(kConflicts, name, "on_conflict");
}

RunReason release_reason(std::string_view name) {
    switch (choice_of<int>(kReleaseReasons, name, "reason")) {
        case 0:
            return RunReason::start;
        case 1:
            return RunReason::retry;
        default:
            return RunReason::no_handler;
    }
}

bool raises_when_recorded(std::string_view name) {
    return choice_of<int>(kWhenRecorded, name, "on_recorded") == 1;
}

bool cancels_with_parent(std::string_view name) {
    return choice_of<int>(kOnParentEnd, name, "on_parent_end") == 0;
}

bool returns_error(std::string_view name) {
    return choice_of<int>(kOnError, name, "on_error") == 1;
}

bool joins_any(std::string_view name) { return choice_of<int>(kJoinModes, name, "mode") == 1; }

}  // namespace pgqrs::core
