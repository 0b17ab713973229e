// Opening a connection to the server.
#pragma once

#include <libpq-fe.h>

#include "pgqrs/client/config.hpp"

namespace pgqrs {

class Stop;

// Raises ConnectionError, with the server's SQLSTATE where it sent one, and Stopped as soon as `stop` (may be null) is
// requested. Only looking up a host's name cannot be interrupted.
PGconn* open_connection(const Config& config, const Stop* stop);

}  // namespace pgqrs
