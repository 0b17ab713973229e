// The background worker that sends the NOTIFYs of a database (engine/notifier.hpp). It is started when
// a transaction has a notice to leave, and ends when there has been nothing to send for a while.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::bgw {

// Has PostgreSQL start it; false when there is no room for another worker. May raise.
bool start_notifier(Oid database);

}  // namespace pgqrs::bgw
