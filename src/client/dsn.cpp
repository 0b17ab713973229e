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

constexpr const char* kFormHint =
    "Write postgresql://user:password@host:port/database?option=value, special characters "
    "percent-encoded (%40 for @), or "
    "host=... port=... user=... dbname=... with values in single quotes where they contain blanks.";

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

// Null when libpq cannot parse it.
Options parse(const std::string& dsn) { return Options(PQconninfoParse(dsn.c_str(), nullptr)); }

bool secret(const PQconninfoOption& option) { return std::strchr(option.dispchar, '*') != nullptr; }

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
    const Options options = parse(dsn);
    if (options == nullptr) {
        // libpq's reason quotes parts of it, which may be parts of the password.
        throw ConfigError(source, "the connection string", "cannot be parsed", kFormHint);
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
    const Options options = parse(dsn);
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
    const Options options = parse(dsn);
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
