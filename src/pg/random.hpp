// The backend's own random numbers.
#pragma once

namespace pgqrs::pg {

// 0 <= result < limit. Not for secrets.
int random_below(int limit);
// 0 <= result < 1.
double random_fraction();

}  // namespace pgqrs::pg
