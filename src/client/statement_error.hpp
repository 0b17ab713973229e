// From libpq's results and connections to the library's errors.
#pragma once

#include <string>

#include <libpq-fe.h>

#include "pgqrs/client/error.hpp"

namespace pgqrs {

// Raises what a failed result says: ConnectionError when the connection is gone (in_doubt as given), else ServerError.
// `failed` may be null when there was no result at all.
[[noreturn]] void throw_failure(PGconn* connection, const PGresult* failed, bool in_doubt);

// The parts of a failed result; also with the hint that is missing when pgqrs is not installed.
Error::Parts parts_of(const PGresult* failed);

}  // namespace pgqrs
