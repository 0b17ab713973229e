// Payloads and headers.
#include "cli/sending/payload.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>

#include "cli/failure.hpp"
#include "pgqrs/client/json_check.hpp"

namespace pgqrs::cli {
namespace {

std::string read_stdin() {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
        const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(got));
        } else if (got == 0) {
            return text;
        } else if (errno != EINTR) {
            throw Failure(Exit::failed, std::string("cannot read stdin: ") + std::strerror(errno));
        }
    }
}

// `byte` counts from 1 and can lie behind the end.
std::string position_of(const std::string& text, std::size_t byte) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size() + 1) -
                                                                (byte > 0 ? 1 : 0));
    const auto line = std::count(text.begin(), end, '\n') + 1;
    const auto line_start = std::find(std::make_reverse_iterator(end), text.rend(), '\n').base();
    return "line " + std::to_string(line) + ", column " + std::to_string(end - line_start + 1);
}

void check_json(const std::string& text, const std::string& subject) {
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
        throw Failure(Exit::rejected, subject + " is empty");
    }
    const auto fault = find_json_fault(text);
    if (!fault) {
        return;
    }
    const bool bare_word = text.find_first_of("{[\"") == std::string::npos && fault->byte <= 1;
    throw Failure(
        Exit::rejected,
        subject + " is not valid JSON: " + fault->reason + " in " + position_of(text, fault->byte),
        bare_word ? "A text is written with double quotes: '\"hello\"'." : "");
}

}  // namespace

std::string read_payload(const std::string& argument) {
    return argument == "-" ? read_stdin() : argument;
}

void check_payload(const std::string& text, const std::string& subject, const Validation& rules) {
    rules.check_size(text.size(), subject);
    check_json(text, subject);
    if (rules.looks_inside()) {
        rules.check(nlohmann::json::parse(with_parsable_numbers(text)), subject);
    }
}

std::optional<std::string> read_json(const std::optional<std::string>& argument,
                                     const std::string& subject) {
    if (!argument) {
        return std::nullopt;
    }
    std::string text = read_payload(*argument);
    check_json(text, subject);
    return text;
}

nlohmann::json headers_of(const std::vector<std::string>& pairs) {
    nlohmann::json headers;
    for (const auto& pair : pairs) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw UsageError("--header must be KEY=VALUE");
        }
        const std::string key = pair.substr(0, equals);
        if (headers.contains(key)) {
            throw UsageError("--header was given twice for the same key");
        }
        headers[key] = pair.substr(equals + 1);
    }
    return headers;
}

}  // namespace pgqrs::cli
