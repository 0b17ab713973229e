#include "core/names.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"

namespace pgqrs::core {
namespace {

constexpr std::size_t kShownBytes = 80;

constexpr bool allowed_in_queue_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

// The start of a name that may be megabytes long, cut between UTF-8 characters.
std::string shown(std::string_view name) {
    if (name.size() <= kShownBytes) {
        return std::string(name);
    }
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) {
        --end;
    }
    return std::string(name.substr(0, end)) + "...";
}

void check_length(std::string_view kind, std::string_view name) {
    if (name.empty()) {
        throw Error(SqlState::invalid_name, std::string(kind) + " name must not be empty");
    }
    if (name.size() > kMaxNameBytes) {
        throw Error(SqlState::invalid_name,
                    std::string(kind) + " name \"" + shown(name) + "\" is too long",
                    "The name has " + std::to_string(name.size()) + " bytes; the limit is " +
                        std::to_string(kMaxNameBytes) + ".");
    }
}

void check_plain_name(const std::string& kind, std::string_view name) {
    check_length(kind, name);
    if (!std::all_of(name.begin(), name.end(), allowed_in_queue_name)) {
        std::string kinds = kind +
                            " names are made of the letters A-Z and a-z, digits, \"_\", \".\" "
                            "and \"-\".";
        kinds[0] = static_cast<char>(kinds[0] - 'a' + 'A');
        throw Error(SqlState::invalid_name, "invalid " + kind + " name \"" + shown(name) + "\"",
                    kinds);
    }
}

}  // namespace

void check_queue_name(std::string_view name) { check_plain_name("queue", name); }

void check_workflow_name(std::string_view name) { check_plain_name("workflow", name); }

void check_notify_name(std::string_view queue) {
    if (queue.size() > kMaxNotifyNameBytes) {
        throw Error(SqlState::invalid_name,
                    "queue name \"" + shown(queue) + "\" is too long for notify",
                    "The name has " + std::to_string(queue.size()) + " bytes; the limit is " +
                        std::to_string(kMaxNotifyNameBytes) +
                        ", so that \"pgqrs.\" and the name fit into the name of a channel.");
    }
}

void check_worker_name(std::string_view name) { check_length("worker", name); }

}  // namespace pgqrs::core
