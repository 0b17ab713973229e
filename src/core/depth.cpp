#include "core/depth.hpp"

namespace pgqrs::core {

void Reservation::add(const Reservation& later) {
    if (later.messages == 0) {
        return;
    }
    messages = later.messages + in(later.tenancy);
    tenancy = later.tenancy;
}

Reservation Depth::reserve(std::int64_t room) {
    open += room;
    return {room, tenancy};
}

void Depth::give_back(const Reservation& reservation) { open -= reservation.in(tenancy); }

void Depth::prepare(const Reservation& reservation) {
    prepared += reservation.in(tenancy);
    give_back(reservation);
}

void Depth::renew() { *this = {.open = 0, .prepared = 0, .tenancy = tenancy + 1}; }

}  // namespace pgqrs::core
