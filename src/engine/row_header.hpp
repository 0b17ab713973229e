// Looking at who has locked or changed a row, without a lock on it.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::engine {

// The header of a row of a heap as it is now; others change it at any time. Below a guard.
inline HeapTupleHeaderData header_of(TupleTableSlot* slot) {
    const Buffer buffer = reinterpret_cast<BufferHeapTupleTableSlot*>(slot)->buffer;
    LockBuffer(buffer, BUFFER_LOCK_SHARE);
    const HeapTupleHeaderData header = *ExecFetchSlotHeapTuple(slot, false, nullptr)->t_data;
    LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
    return header;
}

}  // namespace pgqrs::engine
