#include "pg/snapshot.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {

void HeldSnapshot::take() {
    snapshot_ = guard([&] { return RegisterSnapshotOnOwner(GetLatestSnapshot(), owner_); });
}

void HeldSnapshot::take_current() {
    snapshot_ = guard([&] { return RegisterSnapshotOnOwner(GetTransactionSnapshot(), owner_); });
}

void HeldSnapshot::release() {
    guard([&] { UnregisterSnapshotFromOwner(snapshot_, owner_); });
    snapshot_ = nullptr;
}

}  // namespace pgqrs::pg
