// The one exception of the C++ code that is not PostgreSQL's own: what the user did wrong, in the
// words the user will read. The boundary (pg/function.hpp) turns it into an SQL error.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "core/sqlstate.hpp"

namespace pgqrs::core {

class Error : public std::exception {
public:
    // message: lower case, no full stop. detail and hint: sentences, or empty.
    Error(SqlState state, std::string message, std::string detail = {}, std::string hint = {})
        : state_(state),
          message_(std::move(message)),
          detail_(std::move(detail)),
          hint_(std::move(hint)) {}

    const char* what() const noexcept override { return message_.c_str(); }
    SqlState state() const noexcept { return state_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& detail() const noexcept { return detail_; }
    const std::string& hint() const noexcept { return hint_; }

private:
    SqlState state_;
    std::string message_;
    std::string detail_;
    std::string hint_;
};

}  // namespace pgqrs::core
