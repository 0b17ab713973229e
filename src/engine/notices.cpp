#include "engine/notices.hpp"

#include "pg/shared_memory.hpp"

namespace pgqrs::engine {
namespace {

// Set once in each process, or inherited from the postmaster.
Notices* notices = nullptr;

Size size() { return sizeof(Notices); }

void attach(LWLock& lock) {
    bool found;
    notices = static_cast<Notices*>(ShmemInitStruct("pgqrs notices", sizeof(Notices), &found));
    if (!found) {
        *notices = {};
        notices->lock = &lock;
    }
}

}  // namespace

void request_notices() {
    pg::share_memory({.name = "pgqrs_notices", .size = size, .attach = attach});
}

Notices* shared_notices() noexcept { return notices; }

Post* find_post(Oid database) noexcept {
    for (Post& post : notices->posts) {
        if (post.database == database) {
            return &post;
        }
    }
    return nullptr;
}

Post* find_free_post() noexcept { return find_post(InvalidOid); }

void list_notice(Slot& slot) noexcept {
    if (!slot.noticed) {
        slot.noticed = true;
        slot.next_noticed = notices->first;
        notices->first = &slot;
    }
}

int take_notices(Oid database, std::span<Slot*> room) noexcept {
    std::size_t count = 0;
    for (Slot** link = &notices->first; *link != nullptr && count < room.size();) {
        Slot* slot = *link;
        if (slot->key.database == database || slot->key.database == InvalidOid) {
            room[count++] = slot;
            slot->noticed = false;
            *link = slot->next_noticed;
        } else {
            link = &slot->next_noticed;
        }
    }
    return static_cast<int>(count);
}

bool has_notices(Oid database) noexcept {
    for (const Slot* slot = notices->first; slot != nullptr; slot = slot->next_noticed) {
        if (slot->key.database == database) {
            return true;
        }
    }
    return false;
}

}  // namespace pgqrs::engine
