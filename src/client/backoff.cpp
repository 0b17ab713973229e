#include "backoff.hpp"

#include <cmath>
#include <random>

namespace pgqrs {

Duration backoff(int attempt, Duration first, Duration longest) {
    static thread_local std::minstd_rand generator{std::random_device{}()};
    const double grown = static_cast<double>(first.count()) * std::exp2(std::max(attempt, 1) - 1);
    const double pause = std::min(grown, static_cast<double>(longest.count()));
    const double more = std::uniform_real_distribution<>(0, 0.25)(generator);
    return Duration(static_cast<Duration::rep>(pause * (1 + more)));
}

}  // namespace pgqrs
