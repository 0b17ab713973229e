// See random.hpp.
#include "pgqrs/pg/random.hpp"

#include "pgqrs/pg/compat.hpp"

namespace pgqrs::pg {

int random_below(int limit) {
    return static_cast<int>(
        pg_prng_uint64_range(&pg_global_prng_state, 0, static_cast<std::uint64_t>(limit) - 1));
}

}  // namespace pgqrs::pg
