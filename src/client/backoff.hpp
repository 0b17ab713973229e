// Growing pauses between attempts.
#pragma once

#include <algorithm>

#include "pgqrs/client/time.hpp"

namespace pgqrs {

// first, twice that, and so on, at most `longest`; then up to a quarter more, so that many do not come back at once.
// attempt counts from 1.
Duration backoff(int attempt, Duration first, Duration longest);

}  // namespace pgqrs
