// Texts of the command line as values. Each raises a UsageError that names the argument.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pgqrs/client/time.hpp"

namespace pgqrs::cli {

// An id of a message, run or worker: 1 to 2^63 - 1.
std::int64_t parse_id(std::string_view text, const std::string& name);
int parse_number(std::string_view text, const std::string& name, int least, int most);
double parse_real(std::string_view text, const std::string& name);
double parse_fraction(std::string_view text, const std::string& name);  // from 0 to 1
bool parse_boolean(std::string_view text, const std::string& name);
Duration parse_length(std::string_view text, const std::string& name);

// "2026-11-21T12:00:00Z", or a length of time: so long ago, or so long from now, by this machine's clock.
enum class Tense { past, future };
TimePoint parse_moment(std::string_view text, const std::string& name, Tense tense);

}  // namespace pgqrs::cli
