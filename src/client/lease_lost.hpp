// The error of a lease that somebody else has now.
#pragma once

#include "pgqrs/client/message.hpp"

namespace pgqrs {

[[noreturn]] inline void throw_lease_lost(const Message& message) {
    throw LeaseLost(Error::Parts{"PQ001",
                                 "the lease of message " + std::to_string(message.id) + " was lost",
                                 "Its delivery number " + std::to_string(message.read_ct) +
                                     " is not the latest, or the message is gone."});
}

}  // namespace pgqrs
