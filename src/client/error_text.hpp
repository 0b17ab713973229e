// The text of an error as the server takes it.
#pragma once

#include <string>
#include <string_view>

#include "pgqrs/client/error.hpp"

namespace pgqrs {

// UTF-8 without NUL, in which question marks stand for other bytes. No longer than makes sense: the server keeps less.
std::string error_text(std::string_view text);

// The same for a database whose encoding does not have all characters: ASCII only.
std::string ascii_text(std::string_view text);

// Sends the text of an error with `send`, and again in ASCII when the database's encoding lacks a character.
template <typename Send>
auto with_error_text(std::string_view text, const Send& send) {
    try {
        return send(error_text(text));
    } catch (const ServerError& refusal) {
        if (refusal.sqlstate() != "22P05") {
            throw;
        }
    }
    return send(ascii_text(text));
}

}  // namespace pgqrs
