// See dsn.hpp.
#include "dsn.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <libpq-fe.h>

#include "pgqrs/client/config.hpp"
#include "pgqrs/client/error.hpp"

namespace pgqrs {
namespace {

constexpr const char* kEncodeHint =
    "In a URI, write the special characters of user and password percent-encoded: %40 for @, %3A "
    "for :, %2F for /, "
    "%23 for #, %3F for ?, %25 for %.";

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

// Null with the reason when libpq cannot parse it.
Options parse(const std::string& dsn, std::string& reason) {
    char* error = nullptr;
    Options options(PQconninfoParse(dsn.c_str(), &error));
    if (error != nullptr) {
        reason = error;
        PQfreemem(error);
    }
    return options;
}

bool secret(const PQconninfoOption& option) { return std::strchr(option.dispchar, '*') != nullptr; }

// Quoted parts come from the connection string, so they may be parts of the password.
std::string without_quoted(const std::string& text) {
    std::string result;
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') {
            quoted = !quoted;
            result += quoted ? "\"..." : "\"";
        } else if (!quoted && c != '\n') {
            result += c;
        }
    }
    // A stray quote in the text: what follows it could be anything.
    return quoted ? std::string("it cannot be parsed") : result;
}

bool looks_misparsed(const PQconninfoOption& option) {
    const std::string keyword = option.keyword;
    const std::string value = option.val;
    if (keyword == "port") {
        return value.find_first_not_of("0123456789,") != std::string::npos;
    }
    return (keyword == "host" && !value.starts_with('/') && !value.starts_with('@') &&
            value.find('@') != std::string::npos) ||
           (keyword == "dbname" && value.find('@') != std::string::npos);
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

}  // namespace

void check_dsn(const std::string& dsn, const std::string& source) {
    if (dsn.find('\0') != std::string::npos) {
        throw ConfigError(source, "the connection string", "has a NUL byte");
    }
    std::string reason;
    const Options options = parse(dsn, reason);
    if (options == nullptr) {
        throw ConfigError(source, "the connection string",
                          "is not valid: " + without_quoted(reason), kEncodeHint);
    }
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && looks_misparsed(*option)) {
            throw ConfigError(
                source, "the connection string",
                std::string("is not valid: its ") + option->keyword + " cannot be right",
                kEncodeHint);
        }
    }
}

std::string without_password(const std::string& dsn) {
    std::string reason;
    const Options options = parse(dsn, reason);
    if (options == nullptr) {
        return "(invalid connection string)";
    }
    std::string text;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            // A part of the password may have become another setting.
            if (looks_misparsed(*option)) {
                return "(invalid connection string)";
            }
            text += (text.empty() ? "" : " ") + std::string(option->keyword) + "=" +
                    (secret(*option) ? "***" : option->val);
        }
    }
    return text;
}

std::string without_secrets(std::string message, const std::string& dsn) {
    std::string reason;
    const Options options = parse(dsn, reason);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
        // A password of one or two letters would tear words apart, and libpq does not print passwords anyway.
        if (secret(*option) && option->val != nullptr && std::strlen(option->val) > 2) {
            replace_all(message, option->val, "***");
        }
    }
    while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) {
        message.pop_back();
    }
    replace_all(message, "\n\t", " ");
    replace_all(message, "\n", "; ");
    return message;
}

}  // namespace pgqrs
