#include "pg/random.hpp"

#include "pg/compat.hpp"

namespace pgqrs::pg {

int random_below(int limit) {
    return static_cast<int>(
        pg_prng_uint64_range(&pg_global_prng_state, 0, static_cast<std::uint64_t>(limit) - 1));
}

double random_fraction() { return pg_prng_double(&pg_global_prng_state); }

}  // namespace pgqrs::pg
