// Connection strings: checking them and printing them without what is secret.
#pragma once

#include <string>

namespace pgqrs {

// Raises ConfigError for one that libpq cannot parse, or that it parses into nonsense because of characters in a password
// that should be percent-encoded. The error quotes nothing of it. Empty is good: libpq's environment variables count.
void check_dsn(const std::string& dsn, const std::string& source);

// A message of libpq about a connection, without its passwords, in one line.
std::string without_secrets(std::string message, const std::string& dsn);

}  // namespace pgqrs
