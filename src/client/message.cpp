#include "pgqrs/client/message.hpp"

#include <nlohmann/json.hpp>

#include "pgqrs/client/failure.hpp"

namespace pgqrs {

nlohmann::json Message::payload_json() const { return nlohmann::json::parse(payload); }

nlohmann::json Message::headers_json() const {
    return headers ? nlohmann::json::parse(*headers) : nlohmann::json::object();
}

std::string Message::type() const {
    const auto all = headers_json();
    const auto found = all.find("type");
    return found != all.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void Message::read_payload(const std::function<void(const nlohmann::json&)>& read) const {
    nlohmann::json json;
    try {
        json = payload_json();
    } catch (const nlohmann::json::exception& error) {
        refuse_shape(error.what());
    }
    read(json);
}

void Message::refuse_shape(const char* reason) const {
    throw InvalidArgument(Error::Parts{
        "PQ005", "message " + std::to_string(id) + " has a payload of another shape than expected",
        reason});
}

const char* to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
            return "done";
        case Outcome::dead:
            return "dead";
        case Outcome::cancelled:
            return "cancelled";
        case Outcome::expired:
            return "expired";
        case Outcome::unknown:
            break;
    }
    return "unknown";
}

const char* to_string(Backoff backoff) {
    switch (backoff) {
        case Backoff::fixed:
            return "fixed";
        case Backoff::linear:
            return "linear";
        case Backoff::exponential:
            return "exponential";
        case Backoff::unknown:
            break;
    }
    return "unknown";
}

const char* to_string(WorkerState state) {
    switch (state) {
        case WorkerState::ready:
            return "ready";
        case WorkerState::polling:
            return "polling";
        case WorkerState::suspended:
            return "suspended";
        case WorkerState::stopped:
            return "stopped";
        case WorkerState::dead:
            return "dead";
        case WorkerState::unknown:
            break;
    }
    return "unknown";
}

const char* to_string(Privilege privilege) {
    switch (privilege) {
        case Privilege::produce:
            return "produce";
        case Privilege::consume:
            return "consume";
        case Privilege::monitor:
            return "monitor";
        case Privilege::manage:
            return "manage";
        case Privilege::unknown:
            break;
    }
    return "unknown";
}

const char* to_string(FailureResult result) {
    switch (result) {
        case FailureResult::retrying:
            return "retrying";
        case FailureResult::dead:
            return "dead";
        case FailureResult::cancelled:
            return "cancelled";
        case FailureResult::lost:
            return "lost";
        case FailureResult::unknown:
            break;
    }
    return "unknown";
}

const char* to_string(CancelResult result) {
    switch (result) {
        case CancelResult::cancelled:
            return "cancelled";
        case CancelResult::requested:
            return "requested";
        case CancelResult::not_found:
            return "not_found";
        case CancelResult::unknown:
            break;
    }
    return "unknown";
}

}  // namespace pgqrs
