// What a background worker's main function needs before it can do its work.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::pg {

// Connects the process to the database, as superuser, and lets signals end it.
void connect_background_worker(Datum database);

}  // namespace pgqrs::pg
